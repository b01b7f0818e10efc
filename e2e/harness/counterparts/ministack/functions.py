"""Creates Lambda functions in a ministack, as a user would do it through the AWS API.

Standard input is a JSON list of {"name", "code": file or folder, "handler", "timeout", "versions": [{"alias",
"environment"}]}. Every version is published in turn, the first one is also what the bare name means.
"""

import io
import json
import pathlib
import sys
import zipfile

import botocore.config
import botocore.session

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def client(service, endpoint):
    session = botocore.session.get_session()
    config = botocore.config.Config(retries={"max_attempts": 0})
    return session.create_client(service, region_name="us-east-1", endpoint_url=endpoint, config=config)


def zipped(path):
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipper:
        for file in files:
            zipper.write(file, file.relative_to(path.parent if path.is_file() else path))
    return archive.getvalue()


def create(client, role, function):
    path = pathlib.Path(function["code"])
    name = function["name"]
    versions = function.get("versions") or [{}]
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler=function.get("handler") or (path.stem if path.is_file() else "app") + ".handler",
        Timeout=function.get("timeout") or 5,
        Code={"ZipFile": zipped(path)},
        Environment={"Variables": versions[0].get("environment") or {}},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})
    for version in versions:
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": version.get("environment") or {}}
        )
        client.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )
        published = client.publish_version(FunctionName=name)["Version"]
        if "alias" in version:
            client.create_alias(FunctionName=name, Name=version["alias"], FunctionVersion=published)
    if len(versions) > 1:
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": versions[0].get("environment") or {}}
        )
        client.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )


def main():
    endpoint = sys.argv[1]
    iam = client("iam", endpoint)
    role = iam.create_role(RoleName="functions", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    for function in json.load(sys.stdin):
        create(client("lambda", endpoint), role, function)
        print("created", function["name"], flush=True)


main()
