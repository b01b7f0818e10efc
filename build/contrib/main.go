// Command contrib is libfuncroute-contrib.so, which contrib Envoy loads through its golang filter.
package main

import (
	// The library's entry points.
	"github.com/envoyproxy/envoy/contrib/golang/filters/http/source/go/pkg/http"

	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/contrib"
	_ "github.com/funcroute/funcroute/plugins/all"
)

func init() {
	for _, registration := range contrib.Registrations(functions.New(), cloudevents.New()) {
		http.RegisterHttpFilterFactoryAndConfigParser(registration.Name, registration.Factory, registration.Parser)
	}
}

func main() {}
