"""A service that tells which events it gets, and how: service.py NAME PORT. It understands CloudEvents no further."""

import http.server
import json
import sys


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        told = {"service": sys.argv[1]}
        if self.headers.get("content-type", "").startswith("application/cloudevents"):
            event = json.loads(body)
            told.update(mode="structured", type=event["type"], source=event["source"], data=event.get("data"))
        elif "ce-specversion" in self.headers:
            told.update(mode="binary", type=self.headers["ce-type"], source=self.headers["ce-source"], data=json.loads(body or "null"))
        else:
            told.update(mode="no event")
        if "x-queue" in self.headers:
            told["queue"] = self.headers["x-queue"]
        answer = json.dumps(told).encode() + b"\n"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Service)
print("127.0.0.1:%d" % server.server_address[1], flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
