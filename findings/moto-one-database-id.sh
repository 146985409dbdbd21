#!/usr/bin/env bash
# moto 5.2.5: every RDS instance has the same DbiResourceId.
# Guess: the identifier that is unique to an instance in a region and never reused tells two apart.
# Seen: two instances, one DbiResourceId.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[rds]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    rds = boto3.client("rds")
    for name in ("one", "two"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.medium",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="someone",
            MasterUserPassword="not-a-real-one",
        )
    ids = {each["DbiResourceId"] for each in rds.describe_db_instances()["DBInstances"]}
    print("instances: 2, ids:", ids)
    assert len(ids) == 1, "this has changed"
PY
