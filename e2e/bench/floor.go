package main

import "strings"

// What Envoy's side of a job costs a module: contestants that make the calls of Envoy's that funcroute makes for the job, in C and
// without a reason (floor/floor.c). The calls were listed by hand, from what funcroute was seen to make; when it makes others,
// the lists are to follow.

// floored is a contestant that takes after another of ours.
func floored(name string, as contestant, script ...string) contestant {
	config := object{"@type": "type.googleapis.com/google.protobuf.StringValue", "value": strings.Join(script, "\n")}
	module := module("floor", "floor")
	module["typed_config"].(object)["filter_config"] = config
	return contestant{name: name, against: as.against, libraries: apart, filters: []any{module}, cluster: as.cluster, route: as.route}
}

// called are the calls before a function's own: whether there is one, and which.
func called(function, target, kind string) string {
	return strings.Join([]string{
		"get cluster funcroute type",
		"get dynamic funcroute type",
		"route_config",
		"all cluster funcroute",
		"all route funcroute",
		"all route funcroute.weights",
		"all route funcroute.parameters",
		"get route funcroute function",
		"get cluster funcroute.functions " + function,
		"get route funcroute function",
		"get cluster funcroute.responses " + function,
		"headers",
		"note type " + kind,
		"note function " + function,
		"note target " + target,
		"count",
	}, "\n")
}

func restFloor(as contestant) contestant {
	return floored("C, the calls of a REST call", as, called("order", restTarget, "rest"),
		"set x-envoy-original-path "+restPath, "set :path /api/42/7", "took")
}

// invoked are the headers that make an invocation of a request.
const invoked = `set x-envoy-original-path /hello?x=1
set x-envoy-original-method GET
set x-envoy-original-host 127.0.0.1:10000
set :method POST
set :path /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello/invocations
set :authority lambda.us-east-1.amazonaws.com
set content-type application/json
set x-amz-invocation-type RequestResponse
set x-amz-date 20260102T030405Z
set authorization AWS4-HMAC-SHA256 Credential=AKIDFUNCROUTE/20260102/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date;x-amz-invocation-type, Signature=220b49e3da6d017a38fcd911dd7fbeeec6e896bc5b2f7e6f5694f337dbd136d3`

// unnamed are the headers of Lambda's answer that clients do not see.
const unnamed = "set x-amzn-requestid \nset x-amz-executed-version "

func bodyFloor(as contestant) contestant {
	return floored("C, the calls of body", as, called("hello", arn, "lambda"),
		"with the body:", "body", invoked, "took",
		"with the answer:", "headers", "details", "note request_id 5d6c1ff1-8a8c-4b5d", "note executed_version $LATEST", unnamed)
}

func eventFloor(as contestant) contestant {
	event := filled(`{"version":"2.0","routeKey":"$default","body":"`, 620, `"}`)
	return floored("C, the calls of apigateway-v2", as, called("hello", arn, "lambda"),
		"with the body:", "body", invoked, "replace "+event, "set content-length 620", "took",
		"with the whole answer:", "headers", "details", "body", "note request_id 5d6c1ff1-8a8c-4b5d", "note executed_version $LATEST", unnamed,
		"set content-type text/plain; charset=utf-8", "set x-from function", "replace hello", "set content-length 5", "took")
}

func binaryFloor(as contestant) contestant {
	return floored("C, the calls of an event", as,
		"header ce-specversion", "headers", "count",
		"note specversion 1.0", "note subject order-7", "note type com.example.order.created", "note id A234-1234-1234",
		"note source /shop", "note datacontenttype application/json",
		"set x-event-type com.example.order.created", "set x-event-source /shop", "set x-event-subject order-7",
		"set x-event-id A234-1234-1234",
		"clear_route", "all cluster funcroute.cloudevents", "all route funcroute.cloudevents", "all cluster funcroute")
}
