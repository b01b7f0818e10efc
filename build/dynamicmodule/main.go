// Command dynamicmodule is libfuncroute.so, which stock Envoy loads as a dynamic module.
package main

import (
	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule/abi"
	_ "github.com/funcroute/funcroute/plugins/all"
)

func init() { abi.Serve(functions.New(), cloudevents.New()) }

func main() {}
