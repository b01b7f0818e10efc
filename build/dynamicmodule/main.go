// Command dynamicmodule is libfuncroute.so, which stock Envoy loads as a dynamic module. See the Makefile for how it is
// linked and why.
package main

import (
	// The module's entry points.
	_ "github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/abi"

	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
	_ "github.com/funcroute/funcroute/plugins/all"
)

func init() { dynamicmodule.Register(functions.New(), cloudevents.New()) }

func main() {}
