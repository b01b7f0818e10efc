package main

// The two parameters of the REST jobs: /users/42/orders/7 becomes /api/42/7.
const (
	restPath    = "/users/42/orders/7"
	pathPattern = `^/users/([^/?]+)/orders/([^/?]+)$`
)

// pathJob has the path alone rewritten.
func pathJob() job {
	call := rest("funcroute, rest", "Lua, path", 1, restTarget)
	return job{name: "rest", path: restPath, bodyless: true, contestants: []contestant{
		{name: noFilter},
		{name: "route's regex_rewrite", action: object{"regex_rewrite": object{
			"pattern": object{"regex": pathPattern}, "substitution": `/api/\1/\2`,
		}}},
		{name: "header_mutation, path_rewrite", action: rewriteFromHeaders(), filters: []any{
			filter("envoy.filters.http.header_mutation", "header_mutation.v3.HeaderMutation", object{
				"mutations": object{"request_mutations": captureToHeaders()},
			}),
		}},
		{name: "Lua, path", filters: []any{lua(`
function envoy_on_request(handle)
  local user, order = string.match(handle:headers():get(":path"), "^/users/([^/?]+)/orders/([^/?]+)$")
  if user then handle:headers():replace(":path", "/api/" .. user .. "/" .. order) end
end`)}},
		call,
		restFloor(call),
	}}
}

const restTarget = "GET /api/{user}/{order}"

// jsonJob has the body written anew too, from a field of the client's.
func jsonJob() job {
	return job{name: "rest JSON", path: restPath, contestants: []contestant{
		{name: noFilter},
		{name: "Lua, path and body", filters: []any{lua(`
function envoy_on_request(handle)
  local body = handle:body()
  local headers = handle:headers()
  local user, order = string.match(headers:get(":path"), "^/users/([^/?]+)/orders/([^/?]+)$")
  if not user then return end
  local text = string.match(body:getBytes(0, body:length()), '"text"%s*:%s*"([^"]*)"')
  headers:replace(":path", "/api/" .. user .. "/" .. order)
  body:setBytes('{"source":"edge","text":"' .. text .. '"}')
end`)}},
		{name: "transform, path_rewrite", action: rewriteFromHeaders(), filters: []any{
			filter("envoy.filters.http.transform", "transform.v3.TransformConfig", object{"request_transformation": object{
				"headers_mutations": captureToHeaders(),
				"body_transformation": object{"action": "REPLACE", "body_format": object{"json_format": object{
					"source": "edge", "text": "%REQUEST_BODY(text)%",
				}}},
			}}),
		}},
		rest("funcroute, rest with body", "transform, path_rewrite", 0,
			"POST /api/{user}/{order}\nContent-Type: application/json\n\n{\"source\":\"edge\",\"text\":{{ body.text }}}"),
	}}
}

func rest(name, against string, bar float64, target string) contestant {
	return contestant{
		name: name, against: against, bar: bar,
		filters: []any{module("funcroute", "functions")},
		cluster: object{"funcroute": object{"type": "rest"}, "funcroute.functions": object{"order": target}},
		route: object{
			"funcroute":            object{"function": "order"},
			"funcroute.parameters": object{"path": "/users/{user}/orders/{order}"},
		},
	}
}

// captureToHeaders are mutations as near as they come to a path: they may not set :path, so they put the parameters into
// headers, and the route's path_rewrite makes the path of these.
func captureToHeaders() []any {
	mutation := func(header, group string) object {
		value := `%CEL(re.extract(request.path, '` + pathPattern + `', '\\` + group + `'))%`
		return object{"append": object{
			"append_action": "OVERWRITE_IF_EXISTS_OR_ADD", "header": object{"key": header, "value": value},
		}}
	}
	return []any{mutation("x-user", "1"), mutation("x-order", "2")}
}

func rewriteFromHeaders() object {
	return object{"path_rewrite": "/api/%REQ(x-user)%/%REQ(x-order)%"}
}
