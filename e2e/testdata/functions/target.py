import json


def handler(event, context):
    """Answers as a load balancer's target, with the event, in the form of the target group that it comes from."""
    result = {"statusCode": 201, "statusDescription": "201 Created", "body": json.dumps(event), "isBase64Encoded": False}
    if "multiValueHeaders" in event:
        return {**result, "multiValueHeaders": {"content-type": ["application/json"], "cache-control": ["no-store"]}}
    return {**result, "headers": {"content-type": "application/json", "cache-control": "no-store"}}
