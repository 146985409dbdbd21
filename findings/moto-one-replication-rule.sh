#!/usr/bin/env bash
# moto 5.2.5: the registry's replication takes one rule.
# Guess: up to ten rules, as ECR's API documents them (ReplicationConfiguration, rules, at most 10).
# Seen: one rule is kept, also with several destinations; two are refused as "This feature is disabled".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[ecr]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws


def rule(*regions):
    return {"destinations": [{"region": each, "registryId": "123456789012"} for each in regions]}


def put(*rules):
    configuration = {"rules": list(rules)}
    try:
        ecr.put_replication_configuration(replicationConfiguration=configuration)
    except ecr.exceptions.ValidationException as error:
        return error.response["Error"]["Message"]
    return "kept"


with mock_aws():
    ecr = boto3.client("ecr")
    seen = [put(rule("us-east-2", "us-west-2")), put(rule("us-east-2"), rule("us-west-2"))]
    print("one rule:", seen[0], "- two rules:", seen[1])
    assert seen == ["kept", "This feature is disabled"], seen
PY
