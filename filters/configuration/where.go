package configuration

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

// Whereabouts tells operators which cluster and route are meant. Not every host knows the cluster's name, and routes
// need not have one, so the first request that met them is named too, without its query, which might hold a secret.
func Whereabouts(s host.Stream) string {
	var where strings.Builder
	if name := s.Attribute(host.ClusterName); name != "" {
		fmt.Fprintf(&where, "cluster %q, ", name)
	}
	if name := s.Attribute(host.RouteName); name != "" {
		fmt.Fprintf(&where, "route %q, ", name)
	}
	headers := s.Request().Headers()
	path, _, _ := strings.Cut(headers.Get(":path"), "?")
	fmt.Fprintf(&where, "first met by %s %q", headers.Get(":method"), headers.Get(":authority")+path)
	return where.String()
}
