"""Puts secrets into a ministack's Secrets Manager and its parameters of Systems Manager.

Standard input is a JSON list of {"store": "secretsmanager" or "ssm", "name", "value"}.
"""

import json
import sys

import botocore.config
import botocore.session


def main():
    config = botocore.config.Config(retries={"max_attempts": 0})
    session = botocore.session.get_session()
    clients = {
        store: session.create_client(store, region_name="us-east-1", endpoint_url=sys.argv[1], config=config)
        for store in ("secretsmanager", "ssm")
    }
    for secret in json.load(sys.stdin):
        client = clients[secret["store"]]
        if secret["store"] == "ssm":
            client.put_parameter(Name=secret["name"], Value=secret["value"], Type="SecureString", Overwrite=True)
            continue
        try:
            client.create_secret(Name=secret["name"], SecretString=secret["value"])
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=secret["name"], SecretString=secret["value"])


main()
