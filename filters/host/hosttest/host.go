// Package hosttest has the conformance suite that the host in memory and the fakes of both adapters pass.
package hosttest

import (
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/memory"
)

// What is run and what comes of it are the same on all hosts, see package memory.
type (
	Exchange    = memory.Exchange
	Message     = memory.Message
	Metadata    = memory.Metadata
	Destination = memory.Destination
	Reply       = memory.Reply
	Outcome     = memory.Outcome
)

// Host runs exchanges.
type Host interface {
	// Run sends a request through a fresh instance of the filter, to the end.
	Run(*testing.T, host.Filter, Exchange) Outcome
	// Session loads the filter once, for several requests. Its FilterConfig is used, all else comes with each request.
	Session(t *testing.T, filter host.Filter, filterConfig string) (run func(Exchange) Outcome)
	// HasUpstreamFilters reports whether a filter may stand in a cluster.
	HasUpstreamFilters() bool
}

// Memory is the host in memory.
type Memory memory.Host

var _ Host = Memory{}

func (Memory) HasUpstreamFilters() bool { return true }

func (m Memory) Run(t *testing.T, filter host.Filter, x Exchange) Outcome {
	return m.Session(t, filter, x.FilterConfig)(x)
}

func (m Memory) Session(_ *testing.T, filter host.Filter, filterConfig string) func(Exchange) Outcome {
	block, err := memory.Host(m).New(filter, filterConfig)
	if err != nil {
		return func(Exchange) Outcome { return Outcome{Refused: err} }
	}
	return block.Run
}
