// Package all is the list of all function types: importing it registers them. A new type is one line here.
package all

import (
	_ "github.com/funcroute/funcroute/plugins/http"     // type: http
	_ "github.com/funcroute/funcroute/plugins/lambda"   // type: lambda
	_ "github.com/funcroute/funcroute/plugins/openfaas" // type: openfaas
	_ "github.com/funcroute/funcroute/plugins/rest"     // type: rest
)
