"""A service as they were written long ago: verbs in the query, forms, XML, and errors that say 200."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

CUSTOMERS = {"42": "Ada Lovelace", "43": "Grace Hopper"}
PRICES = {"pen": 150, "ink & paper": 275}


class Legacy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/cgi-bin/customer" and query.get("action") == "get":
            number = query.get("custno", "")
            if number not in CUSTOMERS:
                return self.json({"ERR": 404, "ERR_TEXT": "CUSTOMER UNKNOWN"})
            return self.json({"ERR": 0, "CUST_NO": number, "CUST_NAME": CUSTOMERS[number]})
        if url.path == "/cgi-bin/customer" and query.get("action") == "list":
            names = [name for name in CUSTOMERS.values() if query.get("like", "").lower() in name.lower()]
            return self.json({"ERR": 0, "ROWS": [{"CUST_NAME": name} for name in names]})
        self.answer(404, "text/plain", "no such program\n")

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("content-length", 0))).decode())
        if urlsplit(self.path).path != "/cgi-bin/order" or form.get("item", [""])[0] not in PRICES:
            return self.answer(200, "text/xml", "<Fault>NO SUCH ITEM</Fault>")
        item, quantity = form["item"][0], int(form["qty"][0])
        total = f"{PRICES[item] * quantity / 100:.2f}"
        self.answer(200, "text/xml", f'<Order no="1001"><Item>{escape(item)}</Item><Total currency="EUR">{total}</Total></Order>')

    def json(self, value):
        self.answer(200, "text/html", dumps(value))

    def answer(self, status, content_type, body):
        self.send_response_only(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body.encode())))
        self.send_header("x-powered-by", "Legacy/1.0")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Legacy)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
