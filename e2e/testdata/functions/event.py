"""Answers an event with an event."""


def handler(event, context):
    return {"specversion": "1.0", "type": event["type"] + ".done", "source": "/functions/event", "id": event["id"], "data": event}
