package plugintest

import (
	"github.com/funcroute/funcroute/headermap"
	"github.com/funcroute/funcroute/plugins"
)

// Headers is a header map in memory.
type Headers = headermap.Map

var _ plugins.Headers = (*Headers)(nil)

// NewHeaders returns a header map with those headers. Names are turned to lower case, as Envoy has them.
func NewHeaders(list ...[2]string) *Headers { return headermap.New(list...) }
