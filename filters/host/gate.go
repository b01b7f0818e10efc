package host

import "strings"

// Gated is a [Config] that has something to do for some requests only. What it waits for can be told cheaply, so that
// those who bring nothing of it pass as if there were no filter: [Config.NewStream] is not called for them.
type Gated interface {
	Config
	// Gate returns conditions of which one must hold when the request's headers arrive.
	Gate() []Condition
}

// Condition is one of a gate's. Make it with [HasHeader] or [HasMetadata].
type Condition struct {
	// Header is the name of a header whose first value must begin with Prefix, whatever its case.
	Header, Prefix string
	// Namespace is where metadata of the Source must have a text that is not empty under the Key, or anything if there
	// is no Key.
	Source         Source
	Namespace, Key string
}

// HasHeader is the condition that there is a header, with a value that begins with the prefix.
func HasHeader(name, prefix string) Condition { return Condition{Header: name, Prefix: prefix} }

// HasMetadata is the condition that there is metadata; an empty key stands for any.
func HasMetadata(source Source, namespace, key string) Condition {
	return Condition{Source: source, Namespace: namespace, Key: key}
}

// GateOf returns a block's conditions, none if it has no gate.
func GateOf(config Config) []Condition {
	if gated, ok := config.(Gated); ok {
		return gated.Gate()
	}
	return nil
}

// Open reports whether a gate lets a request through, for hosts that have no quicker way to tell.
func Open(gate []Condition, s Stream) bool {
	if len(gate) == 0 {
		return true
	}
	for _, c := range gate {
		if c.holds(s) {
			return true
		}
	}
	return false
}

func (c Condition) holds(s Stream) bool {
	switch {
	case c.Header != "":
		values := s.RequestHeaders().Values(c.Header)
		return len(values) > 0 && len(values[0]) >= len(c.Prefix) && strings.EqualFold(values[0][:len(c.Prefix)], c.Prefix)
	case c.Key == "":
		return len(s.MetadataKeys(c.Source, c.Namespace)) > 0
	}
	_, ok := s.MetadataText(c.Source, c.Namespace, c.Key)
	return ok
}
