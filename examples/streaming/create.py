"""Creates the Lambda function in the emulator of compose.yaml, which takes requests that are not signed."""

import base64
import io
import json
import pathlib
import sys
import time
import urllib.request
import zipfile


def zipped():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipper:
        zipper.write(pathlib.Path(__file__).parent / "function/app.py", "app.py")
    return archive.getvalue()


def wait(endpoint):
    for _ in range(600):
        try:
            with urllib.request.urlopen(endpoint + "/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the emulator does not answer")


def main():
    endpoint = sys.argv[1]
    wait(endpoint)
    function = {
        "FunctionName": "function",
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::000000000000:role/function",
        "Handler": "app.handler",
        "Code": {"ZipFile": base64.b64encode(zipped()).decode()},
    }
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(endpoint + "/2015-03-31/functions", json.dumps(function).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        print("created", json.load(answer)["FunctionArn"])


main()
