"""A Lambda function as it runs behind API Gateway, behind an HTTP API (payload format 2.0) or a REST API (1.0).

Nothing in it knows of funcroute.
"""

import base64
import hashlib
import json


def route_of(event):
    """The route as the API declares it, such as "GET /orders/{id}": format 2.0 has it, format 1.0 its two parts."""
    return event.get("routeKey") or f"{event['httpMethod']} {event['resource']}"


def body_of(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


def answer(event, status, value, headers=None, cookies=None):
    result = {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(value),
    }
    if cookies and event.get("version") == "2.0":
        result["cookies"] = cookies
    elif cookies:
        result["multiValueHeaders"] = {"set-cookie": cookies}
    return result


def get_order(event):
    query = event.get("queryStringParameters") or {}
    order = {"id": event["pathParameters"]["id"], "currency": query.get("currency", "EUR")}
    return answer(event, 200, order, {"cache-control": "max-age=60"})


def create_order(event):
    order = json.loads(body_of(event))
    location = {"location": f"/orders/{order['id']}"}
    return answer(event, 201, {"status": "new", **order}, location, ["last=" + order["id"], "seen=1; HttpOnly"])


def put_label(event):
    label = body_of(event)
    return answer(event, 200, {"bytes": len(label), "sha256": hashlib.sha256(label).hexdigest()})


def get_label(event):
    # The eight bytes that every PNG begins with: no text.
    return {
        "statusCode": 200,
        "headers": {"content-type": "image/png"},
        "body": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        "isBase64Encoded": True,
    }


def echo(event):
    return answer(event, 200, event)


ROUTES = {
    "GET /orders/{id}": get_order,
    "POST /orders": create_order,
    "PUT /orders/{id}/label": put_label,
    "GET /orders/{id}/label": get_label,
    "GET /echo/{rest+}": echo,
    "POST /echo/{rest+}": echo,
}


def handler(event, context):
    route = ROUTES.get(route_of(event))
    return route(event) if route else answer(event, 404, {"message": "Not Found"})
