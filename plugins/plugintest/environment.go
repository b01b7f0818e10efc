package plugintest

import (
	"slices"
	"sync"

	"github.com/funcroute/funcroute/plugins"
)

// Environment remembers what a plugin warned of and counted.
type Environment struct {
	mutex    sync.Mutex
	warnings []string
	counts   map[string]int
	panics   []string
}

var _ plugins.PanicTeller = (*Environment)(nil)

func (e *Environment) Warn(message string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.warnings = append(e.warnings, message)
}

func (e *Environment) Count(counter string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.counts == nil {
		e.counts = map[string]int{}
	}
	e.counts[counter]++
}

func (e *Environment) TellPanic(_ any, stack []byte) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.panics = append(e.panics, string(stack))
}

// Panics returns the stacks of all panics told of so far.
func (e *Environment) Panics() []string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.Clone(e.panics)
}

// Warnings returns all lines written so far.
func (e *Environment) Warnings() []string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.Clone(e.warnings)
}

// Counted returns how often a counter was counted.
func (e *Environment) Counted(counter string) int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.counts[counter]
}

// Connection is a [plugins.Connection] of fixed values.
type Connection struct {
	Address  string
	Version  string
	Identity string
	// Certificate is the digest of the client's.
	Certificate string
	// Marked is dynamic metadata that other filters have left, by namespace and key.
	Marked map[string]map[string]any
}

var _ plugins.Connection = Connection{}

func (c Connection) SourceAddress() string { return c.Address }

func (c Connection) Protocol() string { return c.Version }

func (c Connection) RequestID() string { return c.Identity }

func (c Connection) PeerCertificateDigest() string { return c.Certificate }

func (c Connection) HasDynamicMetadata(namespace, key string) bool {
	_, there := c.Marked[namespace][key]
	return there
}
