"""Says whether AWS signatures (Signature Version 4) are right, as botocore computes them.

Reads one JSON object per line from standard input, writes one per line to standard output: {"problems": [...]}, empty if
the signature is right. It recomputes everything from the request as it has arrived, so a header, a path or a body that
was changed after signing shows.
"""

import hashlib
import json
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


def problems(request):
    headers = {}
    for name, value in request["headers"]:
        headers.setdefault(name, []).append(value)
    authorization = headers.get("authorization", [])
    if len(authorization) != 1:
        return [f"{len(authorization)} authorization headers, want 1"]
    match = AUTHORIZATION.fullmatch(authorization[0])
    if not match:
        return [f"authorization is malformed: {authorization[0]}"]
    key, date, region, service, signed, signature = match.groups()

    found = []
    for name, got, want in (
        ("access key", key, request["access_key"]),
        ("region", region, request.get("region")),
        ("service", service, request["service"]),
        ("session token", ",".join(headers.get("x-amz-security-token", [])), request.get("session_token") or ""),
    ):
        if want is not None and got != want:
            found.append(f"{name}: got {got!r}, want {want!r}")
    signed = signed.split(";")
    time = headers.get("x-amz-date", [""])[0]
    if not time.startswith(date):
        found.append(f"x-amz-date {time!r} is not of the scope's day {date}")
    must = {"host", "x-amz-date"} | ({"x-amz-security-token"} & set(headers))
    if must - set(signed):
        found.append(f"not signed: {sorted(must - set(signed))}")
    body = bytes.fromhex(request["body"])
    for digest in headers.get("x-amz-content-sha256", []):
        if digest != hashlib.sha256(body).hexdigest():
            found.append("x-amz-content-sha256 is not the body's")

    url = "http://" + headers["host"][0] + request["path"]
    recomputed = AWSRequest(method=request["method"], url=url, data=body)
    for name in signed:
        for value in headers.get(name, []):
            recomputed.headers[name] = value
    recomputed.context["timestamp"] = time
    auth = SigV4Auth(Credentials(key, request["secret_key"], request.get("session_token")), service, region)
    canonical = auth.canonical_request(recomputed)
    if auth.signature(auth.string_to_sign(recomputed, canonical), recomputed) != signature:
        found.append("the signature is another one; canonical request:\n" + canonical)
    return found


for line in sys.stdin:
    print(json.dumps({"problems": problems(json.loads(line))}), flush=True)
