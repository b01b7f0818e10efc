package openapi

import (
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func BenchmarkCall(b *testing.B) {
	cases := []struct {
		name, version, operation string
		parameters               map[string]string
		options                  Options
		client                   client
	}{
		{name: "a path parameter", version: "3.0", operation: "getPetById", parameters: map[string]string{"path": "/pets/{petId}"}, client: client{path: "/pets/7"}},
		{
			name: "a list that is checked", version: "3.0", operation: "findPetsByStatus", parameters: map[string]string{"query.state": "{query_status*}"},
			client: client{path: "/?state=sold&state=pending"},
		},
		{
			name: "a list that is checked, 3.1", version: "3.1", operation: "findPetsByStatus", parameters: map[string]string{"query.state": "{query_status*}"},
			client: client{path: "/?state=sold&state=pending"},
		},
		{
			name: "a body of parameters", version: "3.0", operation: "placeOrder", parameters: map[string]string{"path": "/{petId}/{quantity}"},
			client: client{method: "PUT", path: "/7/2"},
		},
		{
			name: "a body that is checked", version: "3.0", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"petId":7,"quantity":1,"status":"placed"}`, headers: [][2]string{{"content-type", "application/json"}}},
		},
		{
			name: "a body that is checked, 3.1", version: "3.1", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"petId":7,"quantity":1,"status":"placed"}`, headers: [][2]string{{"content-type", "application/json"}}},
		},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			doc := compiled(b, "testdata/petstore/petstore-"+c.version+".yaml")
			function, set, err := bound(b, doc, c.operation, c.parameters, c.options)
			if err != nil {
				b.Fatal(err)
			}
			values, err := set.Extract(c.client)
			if err != nil {
				b.Fatal(err)
			}
			headers := plugintest.NewHeaders(append([][2]string{{":method", "GET"}, {":path", c.client.path}}, c.client.headers...)...)
			b.ReportAllocs()
			for b.Loop() {
				request := plugins.NewRequest(headers, plugintest.Connection{}, []byte(c.client.body))
				request.Parameters, request.Time = values, time.Time{}
				if _, err := function.Request(request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
