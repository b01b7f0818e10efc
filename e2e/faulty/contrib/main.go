// Command contrib is build/contrib with what only tests may have, see e2e/faulty/dynamicmodule.
package main

import (
	// The library's entry points.
	"github.com/envoyproxy/envoy/contrib/golang/filters/http/source/go/pkg/http"

	"github.com/funcroute/funcroute/e2e/faulty/edges"
	"github.com/funcroute/funcroute/e2e/faulty/panics"
	"github.com/funcroute/funcroute/e2e/faulty/vitals"
	_ "github.com/funcroute/funcroute/e2e/faulty/worker"
	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/contrib"
	"github.com/funcroute/funcroute/filters/host/hosttest/panicking"
	_ "github.com/funcroute/funcroute/plugins/all"
)

func init() {
	registrations := contrib.Registrations(vitals.Counted{Filter: functions.New()}, vitals.Counted{Filter: cloudevents.New()}, panics.Filter{}, edges.Filter{}, vitals.Filter{},
		panicking.Wrap(functions.New(), "panicking-functions"), panicking.Wrap(cloudevents.New(), "panicking-cloudevents"))
	for _, registration := range registrations {
		http.RegisterHttpFilterFactoryAndConfigParser(registration.Name, registration.Factory, registration.Parser)
	}
}

func main() {}
