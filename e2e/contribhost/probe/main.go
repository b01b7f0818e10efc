// Probe is a contrib golang plugin that does what the request tells it to. A request's header x-probe holds, per phase, the
// steps to take (see script.go); what happened is kept in a journal that a later request fetches with x-journal.
package main

import (
	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
	"github.com/envoyproxy/envoy/contrib/golang/filters/http/source/go/pkg/http"
)

func init() {
	http.RegisterHttpFilterFactoryAndConfigParser("probe", newFilter, parser{})
}

func newFilter(settings any, callbacks api.FilterCallbackHandler) api.StreamFilter {
	return &filter{config: settings.(*config), callbacks: callbacks, gone: make(chan struct{}), calls: map[string]int{}}
}

func main() {}
