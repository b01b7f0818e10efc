package main

// The event of both jobs, without its data.
var event = [][2]string{
	{"specversion", "1.0"},
	{"type", "com.example.order.created"},
	{"source", "/shop"},
	{"id", "A234-1234-1234"},
	{"subject", "order-7"},
}

// binaryEventJob has events whose attributes are headers shown to the router.
func binaryEventJob() job {
	var headers [][2]string
	for _, attribute := range event {
		headers = append(headers, [2]string{"ce-" + attribute[0], attribute[1]})
	}
	reader := events("funcroute, cloudevents", "Lua, event", 1)
	return job{name: "cloudevents binary", path: "/events", headers: headers, contestants: []contestant{
		{name: noFilter},
		{name: "Lua, event", filters: []any{lua(`
function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get("ce-specversion") ~= "1.0" then return end
  local metadata = handle:streamInfo():dynamicMetadata()
` + showAttributes(`headers:get("ce-" .. name)`))}},
		reader,
		binaryFloor(reader),
	}}
}

// structuredEventJob has the same events with all attributes in the body. Lua knows no JSON, so it looks for the
// attributes' names wherever they stand.
func structuredEventJob() job {
	head := "{"
	for _, attribute := range event {
		head += `"` + attribute[0] + `":"` + attribute[1] + `",`
	}
	head += `"datacontenttype":"application/json","data":{"text":"`
	text := func(size int) string { return filled(head, size, `"}}`) }
	return job{name: "cloudevents structured", path: "/events", contentType: "application/cloudevents+json", text: text, contestants: []contestant{
		{name: noFilter},
		{name: "Lua, event in the body", filters: []any{lua(`
function envoy_on_request(handle)
  if not string.find(handle:headers():get("content-type") or "", "^application/cloudevents%+json") then return end
  local body = handle:body()
  local text = body:getBytes(0, body:length())
  if string.match(text, '"specversion"%s*:%s*"([^"]*)"') ~= "1.0" then return end
  local headers, metadata = handle:headers(), handle:streamInfo():dynamicMetadata()
` + showAttributes(`string.match(text, '"' .. name .. '"%s*:%s*"([^"]*)"')`))}},
		events("funcroute, cloudevents structured", "Lua, event in the body", 0),
	}}
}

// showAttributes is the end of a Lua function that knows how to find an attribute.
func showAttributes(value string) string {
	return `  for _, name in ipairs({"type", "source", "subject", "id"}) do
    headers:remove("x-event-" .. name)
    local value = ` + value + `
    if value then
      headers:replace("x-event-" .. name, value)
      metadata:set("funcroute.cloudevents", name, value)
    end
  end
  handle:clearRouteCache()
end`
}

func events(name, against string, bar float64) contestant {
	return contestant{name: name, against: against, bar: bar, filters: []any{module("funcroute", "cloudevents")}}
}
