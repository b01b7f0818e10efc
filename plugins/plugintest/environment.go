package plugintest

import (
	"slices"
	"sync"

	"github.com/funcroute/funcroute/plugins"
)

// Environment remembers what a plugin warned of and counted, and knows the secrets that it was given.
type Environment struct {
	mutex    sync.Mutex
	warnings []string
	counts   map[plugins.Counter]int
	panics   []string
	secrets  map[string]*Secret
}

var _ plugins.Environment = (*Environment)(nil)

func (e *Environment) Warn(message string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.warnings = append(e.warnings, message)
}

func (e *Environment) Count(counter plugins.Counter) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.counts == nil {
		e.counts = map[plugins.Counter]int{}
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
func (e *Environment) Counted(counter plugins.Counter) int {
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

func (c Connection) Attribute(name string) string {
	return map[string]string{
		plugins.SourceAddress: c.Address, plugins.RequestProtocol: c.Version, plugins.RequestID: c.Identity,
		plugins.PeerCertificateDigest: c.Certificate,
	}[name]
}

func (c Connection) DynamicMetadata(namespace, key string) string {
	text, _ := c.Marked[namespace][key].(string)
	return text
}

func (c Connection) HasDynamicMetadata(namespace, key string) bool {
	_, there := c.Marked[namespace][key]
	return there
}
