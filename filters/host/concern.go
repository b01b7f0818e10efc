package host

import (
	"slices"
	"strings"
)

// Concern is one reason for a filter to look at a request; everything that it names must hold. Most requests are none of
// most filters' business, and a host that can tell so by itself need not call the filter for them.
type Concern struct {
	// Method is the request's method, "" for any.
	Method string
	// Header is the name of a header that is there and not empty, "" for none. If Prefix is not empty, the header's first
	// value begins with it, in any case.
	Header, Prefix string
	// Namespace is one of the route's metadata that is not empty, "" for none.
	Namespace string
	// ClusterNamespace and ClusterKey say where the cluster's metadata has a text that is not empty, "" for nowhere.
	ClusterNamespace, ClusterKey string
}

// Selective is a [Config] whose filter lets every request pass untouched, and its answer too, that is no concern of its
// when its headers arrive. [Config.NewStream] is not called for such a request.
type Selective interface {
	Config
	Concerns() []Concern
}

// Chooser returns what tells a block's requests from all others, for hosts without a faster way.
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
