"""Sends events with the Python SDK. Each line of standard input is one: {url, structured, attributes, data or data_base64}."""

import base64
import datetime
import json
import sys
import urllib.request

from cloudevents.core.bindings import http as binding
from cloudevents.core.v1.event import CloudEvent

for line in sys.stdin:
    job = json.loads(line)
    attributes = dict(job["attributes"])
    attributes["time"] = datetime.datetime.fromisoformat(attributes["time"].replace("Z", "+00:00"))
    data = job.get("data")
    if "data_base64" in job:
        data = base64.b64decode(job["data_base64"])
    event = CloudEvent(attributes, data)
    message = binding.to_structured_event(event) if job["structured"] else binding.to_binary_event(event)
    request = urllib.request.Request(job["url"], message.body, message.headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        print(answer.status)
