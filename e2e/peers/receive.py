"""Receives events with the Python SDK and prints them, one JSON object a line. The first line is its address."""

import base64
import http.server
import json

from cloudevents.core.bindings import http as binding


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        event = binding.from_http_event(binding.HTTPMessage(headers=dict(self.headers.items()), body=body))
        attributes = {
            name: value.isoformat() if name == "time" else str(value)
            for name, value in event.get_attributes().items()
            if value is not None
        }
        data = event.get_data()
        seen = {"attributes": attributes}
        if isinstance(data, (bytes, bytearray)):
            seen["data_base64"] = base64.b64encode(data).decode()
        else:
            seen["data"] = data
        print(json.dumps(seen), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
