package main

import (
	"github.com/funcroute/funcroute/e2e"
)

type object = e2e.Object

// job is something to be done with a request, and who does it. All contestants of a job get the same requests.
type job struct {
	name    string
	path    string
	headers [][2]string
	// bodies are the names of the bodies it makes sense with; nil is all.
	bodies      []string
	contestants []contestant
}

// contestant is one listener: a chain of filters, a route and a cluster.
type contestant struct {
	name string
	// against names the contestant of the same job that it is measured by, bar how much of its cost it may have.
	against string
	bar     float64
	// apart puts it into an Envoy of its own: one process bears one Go runtime only.
	apart bool
	// optional leaves it out where the library does not know what it takes.
	optional bool

	filters []any
	cluster object // filter_metadata
	route   object // filter_metadata
	// action is added to the route's action.
	action object
}

// The name of the contestant that every job begins with.
const noFilter = "no filter"

const (
	emptyModule = "empty Go module (SDK)"
	arn         = "arn:aws:lambda:us-east-1:123456789012:function:hello"
)

func jobs() []job {
	return []job{lambdaJob(), restJob(), eventJob()}
}

func lambdaJob() job {
	return job{name: "lambda", path: "/hello?x=1", contestants: []contestant{
		{name: noFilter},
		{name: emptyModule, apart: true, filters: []any{module("emptymodule", "empty")}},
		{name: "funcroute, no function", against: emptyModule, bar: 0.35, filters: []any{module("funcroute", "functions")}},
		{name: "aws_lambda, passthrough", filters: []any{native(true)}, cluster: egress()},
		{
			name: "funcroute, body", against: "aws_lambda, passthrough", bar: 0.8,
			filters: []any{module("funcroute", "functions")}, cluster: lambda("body"), route: calls("hello"),
		},
		{name: "aws_lambda, JSON", filters: []any{native(false)}, cluster: egress()},
		{
			name: "funcroute, apigateway-v2", against: "aws_lambda, JSON", bar: 0.4,
			filters: []any{module("funcroute", "functions")}, cluster: lambda("apigateway-v2"), route: calls("hello"),
		},
	}}
}

func restJob() job {
	const captures = `^/users/([^/?]+)/orders/([^/?]+)$`
	return job{name: "rest", path: "/users/42/orders/7", bodies: []string{"none", "1 KB"}, contestants: []contestant{
		{name: noFilter},
		{name: "Lua, path", filters: []any{lua(`
function envoy_on_request(handle)
  local user, order = string.match(handle:headers():get(":path"), "^/users/([^/?]+)/orders/([^/?]+)$")
  if user then handle:headers():replace(":path", "/api/" .. user .. "/" .. order) end
end`)}},
		{name: "route's regex_rewrite", action: object{"regex_rewrite": object{
			"pattern": object{"regex": captures}, "substitution": `/api/\1/\2`,
		}}},
		{
			name: "funcroute, rest", against: "Lua, path", bar: 1, optional: true,
			filters: []any{module("funcroute", "functions")},
			cluster: object{"funcroute": object{"type": "rest"}, "funcroute.functions": object{"order": "GET /api/{user}/{order}"}},
			route: object{
				"funcroute":            object{"function": "order"},
				"funcroute.parameters": object{"path": "/users/{user}/orders/{order}"},
			},
		},
	}}
}

func eventJob() job {
	event := [][2]string{
		{"ce-specversion", "1.0"},
		{"ce-type", "com.example.order.created"},
		{"ce-source", "/shop"},
		{"ce-id", "A234-1234-1234"},
		{"ce-subject", "order-7"},
		{"content-type", "application/json"},
	}
	return job{name: "cloudevents", path: "/events", headers: event, bodies: []string{"1 KB"}, contestants: []contestant{
		{name: noFilter},
		{name: "Lua, event", filters: []any{lua(`
function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get("ce-specversion") ~= "1.0" then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  for _, name in ipairs({"type", "source", "subject", "id"}) do
    headers:remove("x-event-" .. name)
    local value = headers:get("ce-" .. name)
    if value then
      headers:replace("x-event-" .. name, value)
      metadata:set("funcroute.cloudevents", name, value)
    end
  end
  handle:clearRouteCache()
end`)}},
		{
			name: "funcroute, cloudevents", against: "Lua, event", bar: 1, optional: true,
			filters: []any{module("funcroute", "cloudevents")},
		},
	}}
}

func lambda(payload string) object {
	return object{
		"funcroute":           object{"type": "lambda", "region": "us-east-1", "payload": payload},
		"funcroute.functions": object{"hello": arn},
	}
}

func calls(function string) object { return object{"funcroute": object{"function": function}} }

func egress() object { return object{"com.amazonaws.lambda": object{"egress_gateway": true}} }

func native(passthrough bool) object {
	return filter("envoy.filters.http.aws_lambda", "aws_lambda.v3.Config", object{
		"arn": arn, "payload_passthrough": passthrough,
		"credentials": object{"access_key_id": e2e.Credentials.AccessKeyID, "secret_access_key": e2e.Credentials.SecretAccessKey},
	})
}

func lua(code string) object {
	return filter("envoy.filters.http.lua", "lua.v3.Lua", object{"default_source_code": object{"inline_string": code}})
}

func module(library, name string) object {
	return filter(name, "dynamic_modules.v3.DynamicModuleFilter", object{
		"dynamic_module_config": object{"name": library, "do_not_close": true}, "filter_name": name,
	})
}

func filter(name, message string, config object) object {
	config["@type"] = "type.googleapis.com/envoy.extensions.filters.http." + message
	return object{"name": name, "typed_config": config}
}
