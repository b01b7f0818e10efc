"""A Lambda function as one would write it for API Gateway (payload format 2.0)."""

import json
import os


def handler(event, context):
    # Versions differ by their environment here, in real life by their code.
    greeting = os.environ.get("GREETING", "Hello")
    if "requestContext" not in event:
        # Invoked with a plain payload, not for an HTTP request: a job. What is printed goes to the function's log.
        print("job:", json.dumps(event))
        return {"done": event}
    name = (event.get("pathParameters") or {}).get("name", "world")
    answer = {
        "message": f"{greeting}, {name}!",
        "method": event["requestContext"]["http"]["method"],
        "path": event["rawPath"],
        "version": context.function_version,
    }
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(answer),
    }
