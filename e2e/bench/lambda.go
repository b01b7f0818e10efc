package main

import "github.com/funcroute/funcroute/e2e/harness"

const (
	emptyModule = "empty Go module (SDK)"
	arn         = "arn:aws:lambda:us-east-1:123456789012:function:hello"
)

func lambdaJob() job {
	none := contestant{name: "funcroute, no function", against: emptyModule, bar: 0.35, filters: []any{module("funcroute", "functions")}}
	body := lambda("funcroute, body", "body", "aws_lambda, passthrough", 0.8)
	event := lambda("funcroute, apigateway-v2", "apigateway-v2", "aws_lambda, JSON", 0.4)
	return job{name: "lambda", path: "/hello?x=1", bodyless: true, contestants: []contestant{
		{name: noFilter},
		{name: emptyModule, libraries: apart, filters: []any{module("emptymodule", "empty")}},
		none,
		floored("C, no calls", none),
		{name: "aws_lambda, passthrough", filters: []any{native(true)}, cluster: egress()},
		body,
		bodyFloor(body),
		{name: "aws_lambda, JSON", filters: []any{native(false)}, cluster: egress()},
		event,
		eventFloor(event),
	}}
}

func lambda(name, payload, against string, bar float64) contestant {
	return contestant{
		name: name, against: against, bar: bar,
		filters: []any{module("funcroute", "functions")},
		cluster: lambdaCluster(payload), route: calls("hello"),
	}
}

func lambdaCluster(payload string) object {
	return object{
		"funcroute":           object{"type": "lambda", "region": "us-east-1", "payload": payload},
		"funcroute.functions": object{"hello": arn},
	}
}

func egress() object { return object{"com.amazonaws.lambda": object{"egress_gateway": true}} }

func native(passthrough bool) object {
	return filter("envoy.filters.http.aws_lambda", "aws_lambda.v3.Config", object{
		"arn": arn, "payload_passthrough": passthrough,
		"credentials": object{"access_key_id": harness.Credentials.AccessKeyID, "secret_access_key": harness.Credentials.SecretAccessKey},
	})
}
