package host

import (
	"slices"
	"strings"
)

// Concern is what a request must have for a filter to look at it. All that the Concern names must hold. Most requests are none of most filters'
// business, so a host that can check this by itself is spared entering the filter.
type Concern struct {
	// Method is the request's method, "" for any.
	Method string
	// Header is the name of a header that is there and not empty, "" if no header is needed. Its first value begins with Prefix, in upper
	// or lower case.
	Header, Prefix string
	// Namespace is a namespace of the route's metadata that is not empty, "" if none is needed.
	Namespace string
	// ClusterNamespace and ClusterKey say where the cluster's metadata has a text that is not empty. They are "" if none is needed.
	ClusterNamespace, ClusterKey string
}

// Selective is a [Config] whose filter is only for some requests. All others pass it untouched, and their answers as well: NewStream is not
// called for them.
type Selective interface {
	Config
	// Concerns say which requests the filter is for: those that meet one of them when their headers arrive.
	Concerns() []Concern
}

// Chooser returns a function that reports whether a request is one that the filter block is for. It is for hosts that have no faster way to
// check concerns.
func Chooser(config Config) func(Headers, Metadata) bool {
	selective, ok := config.(Selective)
	if !ok {
		return func(Headers, Metadata) bool { return true }
	}
	concerns := selective.Concerns()
	return func(headers Headers, metadata Metadata) bool {
		holds := func(c Concern) bool { return c.holds(headers, metadata) }
		return slices.ContainsFunc(concerns, holds)
	}
}

func (c *Concern) holds(headers Headers, metadata Metadata) bool {
	if c.Method != "" && headers.Get(":method") != c.Method {
		return false
	}
	if c.Header != "" {
		value := headers.Get(c.Header)
		if value == "" || len(value) < len(c.Prefix) || !strings.EqualFold(value[:len(c.Prefix)], c.Prefix) {
			return false
		}
	}
	if c.Namespace != "" && len(metadata.Keys(Route, c.Namespace)) == 0 {
		return false
	}
	return c.ClusterKey == "" || metadata.Value(Cluster, c.ClusterNamespace, c.ClusterKey).Text != ""
}
