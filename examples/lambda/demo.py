"""`make demo`: calls real Lambda functions through Envoy and shows what happens.

It starts a local AWS (ministack), creates the function of this folder in it in two versions, starts Envoy with envoy.yaml
and sends a few requests. KEEP=1 leaves everything running. PORT, ADMIN_PORT and LAMBDA_PORT change the ports.
"""

import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import botocore.session
import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / ".tools" / "bin"

PORT = int(os.environ.get("PORT") or 10000)
ADMIN_PORT = int(os.environ.get("ADMIN_PORT") or 9901)
LAMBDA_PORT = int(os.environ.get("LAMBDA_PORT") or 8080)

# What the local AWS knows and Envoy signs with. A deployment has roles instead, see README.md.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDDEMO", "AWS_SECRET_ACCESS_KEY": "demo-secret"}

FUNCTION = [
    {
        "name": "function",
        "code": str(HERE / "function"),
        "versions": [
            {"environment": {"GREETING": "Hello"}},
            {"environment": {"GREETING": "Bonjour"}, "alias": "canary"},
        ],
    }
]


def fail(message):
    print(f"\nThe demo cannot go on: {message}", file=sys.stderr)
    sys.exit(1)


def check_ports():
    for port, name in ((PORT, "PORT"), (ADMIN_PORT, "ADMIN_PORT"), (LAMBDA_PORT, "LAMBDA_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError as error:
                fail(f"port {port} is taken ({error.strerror}). Stop what uses it, or choose another: make demo {name}={port + 1}")


class Demo:
    """What was started, to be stopped in the end."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []

    def start(self, name, command, **environment):
        home = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        with open(self.folder / f"{name}.out", "wb") as out, open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(command, env={**home, **CREDENTIALS, **environment}, stdout=out, stderr=log)
        self.processes.append((name, process))

    def log(self, name):
        """The end of what a process has written, where the reason for its end stands."""
        text = "".join((self.folder / f"{name}.{kind}").read_text(errors="replace") for kind in ("out", "log"))
        return "\n".join(text.splitlines()[-10:])

    def wait(self, name, url):
        for _ in range(600):
            process = dict(self.processes)[name]
            if process.poll() is not None:
                fail(f"{name} has ended with code {process.returncode}:\n{self.log(name)}")
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        fail(f"{name} does not answer at {url}:\n{self.log(name)}")

    def stop(self):
        for _, process in reversed(self.processes):
            process.send_signal(signal.SIGINT)
        for _, process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def start_lambda(demo):
    print(f"Starting a local AWS (ministack) on 127.0.0.1:{LAMBDA_PORT}; it refuses requests that are not signed.")
    demo.start(
        "ministack",
        [str(TOOLS / "ministack")],
        GATEWAY_PORT=str(LAMBDA_PORT),
        BIND_HOST="127.0.0.1",
        SERVICES="lambda,iam,sts,logs",
        AUTH="true",
    )
    endpoint = f"http://127.0.0.1:{LAMBDA_PORT}"
    demo.wait("ministack", endpoint + "/_ministack/health")
    print("Creating the Lambda function `function` from examples/lambda/function, version 1, and version 2 behind `canary`.")
    created = subprocess.run(
        [TOOLS / "python", ROOT / "e2e/harness/counterparts/ministack/functions.py", endpoint],
        input=json.dumps(FUNCTION),
        text=True,
        capture_output=True,
        env={**CREDENTIALS, "HOME": str(demo.folder)},
        check=False,
    )
    if created.returncode:
        fail(f"the function cannot be created:\n{created.stderr}")


def configuration(demo):
    """envoy.yaml as it is, or with other ports."""
    if (PORT, ADMIN_PORT, LAMBDA_PORT) == (10000, 9901, 8080):
        return HERE / "envoy.yaml"
    config = yaml.safe_load((HERE / "envoy.yaml").read_text())
    resources = config["static_resources"]
    endpoint = resources["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    for place, port in ((config["admin"], ADMIN_PORT), (resources["listeners"][0], PORT), (endpoint, LAMBDA_PORT)):
        place["address"]["socket_address"]["port_value"] = port
    path = demo.folder / "envoy.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def start_envoy(demo):
    envoy = os.environ.get("ENVOY") or shutil.which("envoy") or str(TOOLS / "envoy")
    print(f"Starting Envoy with examples/lambda/envoy.yaml on 127.0.0.1:{PORT}.")
    demo.start(
        "envoy",
        [envoy, "-c", str(configuration(demo)), "--use-dynamic-base-id", "--log-level", "warning", "--file-flush-interval-msec", "50"],
        ENVOY_DYNAMIC_MODULES_SEARCH_PATH=str(ROOT / "dist"),
        AWS_EC2_METADATA_DISABLED="true",
    )
    demo.wait("envoy", f"http://127.0.0.1:{ADMIN_PORT}/ready")


def call(method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request(method, path, body=body, headers={"content-type": "application/json"} if body else {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def curl(method, path, body=None):
    data = f" -H 'content-type: application/json' -d '{body}'" if body else ""
    return f"curl -i{'' if method == 'GET' or body else ' -X ' + method} http://127.0.0.1:{PORT}{path}{data}"


def show(title, method, path, want, body=None):
    print(f"\n{title}\n  $ {curl(method, path, body)}")
    response, text = call(method, path, body)
    print(f"  HTTP/1.1 {response.status} {response.reason}")
    for name, value in response.getheaders():
        if name in ("content-type", "retry-after"):
            print(f"  {name}: {value}")
    if text:
        print("\n" + "\n".join("  " + line for line in text.splitlines()))
    if response.status != want:
        fail(f"the answer should have had status {want}.")


def show_split(demo):
    total = 40
    print(f"\nA weight split: 75 % to `hello`, 25 % to `hello_canary`; {total} times\n  $ {curl('GET', '/canary/Ada')}")
    answers = collections.Counter()
    for _ in range(total):
        response, text = call("GET", "/canary/Ada")
        answers[json.loads(text)["message"] if response.status == 200 else f"status {response.status}"] += 1
    for answer, count in answers.most_common():
        print(f"  {count:2} × {answer}")


def show_job_log():
    """The function's own log, from CloudWatch Logs, shows that the job has run."""
    session = botocore.session.get_session()
    session.set_credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    logs = session.create_client("logs", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{LAMBDA_PORT}")
    for _ in range(200):
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/function")["events"]
        except logs.exceptions.ResourceNotFoundException:
            events = []
        for event in events:
            if event["message"].startswith("job:"):
                print(f"  … and some moments later the function's log says: {event['message'].strip()}")
                return
        time.sleep(0.05)
    fail("the function's log says nothing of the job.")


def show_counters():
    print(f"\nWhat Envoy has counted\n  $ curl 'http://127.0.0.1:{ADMIN_PORT}/stats?filter=funcroute&usedonly'")
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}/stats?filter=funcroute&usedonly", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            print("  " + line)


def run(demo):
    check_ports()
    start_lambda(demo)
    start_envoy(demo)
    show("A function is called. The route takes `name` from the path.", "GET", "/hello/Ada", 200)
    show_split(demo)
    job = '{"order": 7}'
    show("An asynchronous call: Lambda queues the event, the client need not wait.", "POST", "/jobs", 202, job)
    show_job_log()
    show("The request names a function that the cluster does not offer.", "GET", "/call/missing", 404)
    show_counters()
    if os.environ.get("KEEP", "") in ("", "0"):
        return
    print("\nEverything is still running; Ctrl-C ends it. Try:")
    for method, path, body in (
        ("GET", "/hello/Grace", None),
        ("GET", "/canary/Grace", None),
        ("POST", "/jobs", job),
        ("GET", "/call/hello", None),
        ("GET", "/call/missing", None),
    ):
        print("  " + curl(method, path, body))
    print(f"  curl 'http://127.0.0.1:{ADMIN_PORT}/stats?filter=funcroute'")
    print(f"Envoy's access log: {demo.folder}/envoy.out", flush=True)
    signal.pause()


def main():
    sys.stdout.reconfigure(line_buffering=True)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # Everything the demo talks to is on this machine.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="funcroute-demo-", ignore_cleanup_errors=True) as folder:
        demo = Demo(folder)
        try:
            run(demo)
        except KeyboardInterrupt:
            pass
        finally:
            demo.stop()
            if demo.processes:
                print("\nEverything the demo started has been stopped.")


main()
