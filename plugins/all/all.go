// Package all is the list of all function types: importing it registers them. A new type is one line here.
//
// A type that brings a large library along has a file of its own, with a build tag that leaves it out: `make build WITHOUT="nats"`.
package all

import (
	_ "github.com/funcroute/funcroute/plugins/http"     // type: http
	_ "github.com/funcroute/funcroute/plugins/lambda"   // type: lambda
	_ "github.com/funcroute/funcroute/plugins/openfaas" // type: openfaas
	_ "github.com/funcroute/funcroute/plugins/rest"     // type: rest
)
