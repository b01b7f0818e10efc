// Command dynamicmodule is build/dynamicmodule with what only tests may have: a function type and a filter that panic, the
// filters for users once more, which panic when told to, a filter that does what theirs never do, and one that tells how the
// Go side is doing.
package main

import (
	"github.com/funcroute/funcroute/e2e/faulty/edges"
	"github.com/funcroute/funcroute/e2e/faulty/panics"
	"github.com/funcroute/funcroute/e2e/faulty/vitals"
	_ "github.com/funcroute/funcroute/e2e/faulty/worker"
	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule/abi"
	"github.com/funcroute/funcroute/filters/host/hosttest/panicking"
	_ "github.com/funcroute/funcroute/plugins/all"
)

func init() {
	abi.Serve(vitals.Counted{Filter: functions.New()}, vitals.Counted{Filter: cloudevents.New()}, panics.Filter{}, edges.Filter{}, vitals.Filter{},
		panicking.Wrap(functions.New(), "panicking-functions"), panicking.Wrap(cloudevents.New(), "panicking-cloudevents"))
}

func main() {}
