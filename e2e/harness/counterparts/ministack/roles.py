"""Creates IAM roles in a ministack that may invoke every Lambda function.

Standard input is a JSON list of {"name", "trust": the statement of the trust policy, without its effect}. Standard output
is a JSON object: the ARN of each name.
"""

import json
import sys

import botocore.config
import botocore.session

INVOKE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["lambda:InvokeFunction", "sts:AssumeRole"], "Resource": "*"}],
}


def main():
    config = botocore.config.Config(retries={"max_attempts": 0})
    iam = botocore.session.get_session().create_client(
        "iam", region_name="us-east-1", endpoint_url=sys.argv[1], config=config
    )
    arns = {}
    for role in json.load(sys.stdin):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **role["trust"]}]}
        created = iam.create_role(RoleName=role["name"], AssumeRolePolicyDocument=json.dumps(trust))
        arns[role["name"]] = created["Role"]["Arn"]
        iam.put_role_policy(RoleName=role["name"], PolicyName="invoke", PolicyDocument=json.dumps(INVOKE))
    json.dump(arns, sys.stdout)


main()
