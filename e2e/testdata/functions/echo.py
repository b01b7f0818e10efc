"""Answers with the event it got, in the shape that API Gateway wants of a function."""

import json
import os


def handler(event, context):
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "x-stage": os.environ["STAGE"]},
        "body": json.dumps(event),
    }
