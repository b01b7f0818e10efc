package golden_test

import (
	"fmt"

	"github.com/funcroute/funcroute/golden"
	_ "github.com/funcroute/funcroute/plugins/rest"
)

// A command that explains a configuration sends a request through it, and tells which function was called, what left for the upstream and
// what the client got; or why nothing left.
func ExampleProxy_Send() {
	x := golden.Exchange{
		Cluster: golden.Metadata{
			"funcroute":           {"type": "rest"},
			"funcroute.functions": {"create_user": "POST /api/users\nx-tenant: {{ tenant }}\n\n{\"id\": {{ int(id) }}, \"name\": \"{{ body.name }}\"}"},
			"funcroute.responses": {"create_user": "201\nlocation: /users/{{ id }}\n\n{\"created\": {{ body.done }}}"},
		},
		Route:       golden.Metadata{"funcroute": {"function": "overridden"}},
		RouteConfig: `{"funcroute": {"function": "create_user"}, "funcroute.parameters": {"path": "/users/{id}", "header.x-tenant": "{tenant}"}}`,
	}
	proxy, err := golden.Functions(`{"credentials_wait": "1s"}`)
	if err != nil {
		fmt.Println("Envoy would refuse the filter:", err)
		return
	}
	for _, path := range []string{"/users/42", "/users/ada"} {
		request, _ := golden.ParseMessage("POST "+path+" HTTP/1.1\nhost: api.example.com\nx-tenant: blue", `{"name": "Ada"}`)
		answer, _ := golden.ParseMessage("200", `{"done": true}`)
		x.Request, x.Answer = request.Request(), answer.Answer()
		got, err := proxy.Send(x)
		if err != nil {
			fmt.Println("Envoy would refuse the route:", err)
			return
		}
		fmt.Printf("%s: type %s, function %s, target %s\n", path, got.Type, got.Function, got.Target)
		if got.Call != nil {
			headers := got.Call.Headers
			fmt.Println("call:", headers.Get(":method"), headers.Get(":path"), "x-tenant:", headers.Get("x-tenant"), string(got.Call.Body))
		}
		if got.Reason != "" {
			fmt.Println("refused:", got.Reason)
		}
		fmt.Println("client:", got.Reply.Headers.Get(":status"), got.Reply.Headers.Get("location"), string(got.Reply.Body))
	}
	// Output:
	// /users/42: type rest, function create_user, target POST /api/users
	// call: POST /api/users x-tenant: blue {"id": 42, "name": "Ada"}
	// client: 201 /users/42 {"created": true}
	// /users/ada: type rest, function create_user, target POST /api/users
	// refused: bad_parameter
	// client: 400  {"status":400,"title":"Bad Request","detail":"The request cannot become a call: expression 1 of the body cannot be computed from what was sent."}
}

// An event goes through two filters. What the first sends on, and what it leaves, is what the second gets; between the two, Envoy chooses
// the route again.
func ExampleProxy_Send_event() {
	events, err := golden.CloudEvents("")
	if err != nil {
		fmt.Println(err)
		return
	}
	request, _ := golden.ParseMessage("POST / HTTP/1.1\nhost: a\ncontent-type: application/cloudevents+json",
		`{"specversion":"1.0","type":"order.placed","source":"/shop","id":"1","data":{"total":7}}`)
	event, err := events.Send(golden.Exchange{Request: request.Request()})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("event:", event.Annotations["type"], event.Call.Headers.Get("x-event-type"))

	functions, err := golden.Functions("")
	if err != nil {
		fmt.Println(err)
		return
	}
	call, err := functions.Send(golden.Exchange{
		Cluster:         golden.Metadata{"funcroute": {"type": "rest"}, "funcroute.functions": {"bill": "POST /bills"}},
		Route:           golden.Metadata{"funcroute": {"function": "bill"}},
		Request:         *event.Call,
		DynamicMetadata: event.DynamicMetadata,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("function:", call.Function, call.Call.Headers.Get(":path"))
	// Output:
	// event: order.placed order.placed
	// function: bill /bills
}
