"""Puts a Lambda function behind a gateway in a ministack, as a user would do it through the AWS API.

Standard input is a JSON list of {"kind": "http" (an HTTP API, payload format 2.0), "rest" (a REST API), "alb" or
"alb-multi-value" (a load balancer), "function", "routes": ["GET /orders/{id}"], "binary_types"}. Standard output is a JSON list: for each the host that requests name, and
what their paths begin with.
"""

import json
import sys

import botocore.config
import botocore.session

PRINCIPALS = {"http": "apigateway.amazonaws.com", "rest": "apigateway.amazonaws.com"}
LOAD_BALANCER = "elasticloadbalancing.amazonaws.com"


def client(service):
    config = botocore.config.Config(retries={"max_attempts": 0})
    session = botocore.session.get_session()
    return session.create_client(service, region_name="us-east-1", endpoint_url=sys.argv[1], config=config)


def http(gateway, function, api):
    created = gateway.create_api(Name=api["function"], ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=created, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for route in api["routes"]:
        gateway.create_route(ApiId=created, RouteKey=route, Target="integrations/" + integration)
    gateway.create_stage(ApiId=created, StageName="$default", AutoDeploy=True)
    return {"host": created + ".execute-api.localhost", "prefix": ""}


def rest(gateway, function, api):
    created = gateway.create_rest_api(name=api["function"], binaryMediaTypes=api.get("binary_types") or [])["id"]
    resources = {"": gateway.get_resources(restApiId=created)["items"][0]["id"]}
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    for route in api["routes"]:
        method, path = route.split(" ")
        above = ""
        for part in path.split("/")[1:]:
            here = above + "/" + part
            if here not in resources:
                resources[here] = gateway.create_resource(
                    restApiId=created, parentId=resources[above], pathPart=part
                )["id"]
            above = here
        place = {"restApiId": created, "resourceId": resources[path], "httpMethod": method}
        gateway.put_method(**place, authorizationType="NONE")
        gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=created, stageName="live")
    return {"host": created + ".execute-api.localhost", "prefix": "/live"}


def load_balancer(balancers, function, api):
    name = api["kind"]
    balancer = balancers.create_load_balancer(Name=name)["LoadBalancers"][0]["LoadBalancerArn"]
    group = balancers.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    several = "true" if name == "alb-multi-value" else "false"
    balancers.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "lambda.multi_value_headers.enabled", "Value": several}]
    )
    balancers.register_targets(TargetGroupArn=group, Targets=[{"Id": function}])
    balancers.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return {"host": name + ".alb.localhost", "prefix": ""}


def main():
    functions = client("lambda")
    created = []
    for i, api in enumerate(json.load(sys.stdin)):
        name = api["function"]
        functions.add_permission(
            FunctionName=name, StatementId=f"gateway-{i}", Action="lambda:InvokeFunction", Principal=PRINCIPALS.get(api["kind"], LOAD_BALANCER)
        )
        function = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        if api["kind"] == "http":
            created.append(http(client("apigatewayv2"), function, api))
        elif api["kind"] == "rest":
            created.append(rest(client("apigateway"), function, api))
        else:
            created.append(load_balancer(client("elbv2"), function, api))
    json.dump(created, sys.stdout)


main()
