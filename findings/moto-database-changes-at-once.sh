#!/usr/bin/env bash
# moto 5.2.5: a database's new class is there at once, also when it was to wait for the window.
# Guess: without ApplyImmediately it stands in PendingModifiedValues, as RDS documents ModifyDBInstance.
# Seen: DBInstanceClass is the new one, and PendingModifiedValues is not there.
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
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        AllocatedStorage=100,
        MasterUsername="somebody",
        MasterUserPassword="not-a-secret-of-anybody",
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.m5.xlarge", ApplyImmediately=False
    )
    (found,) = rds.describe_db_instances()["DBInstances"]
    seen = (found["DBInstanceClass"], found.get("PendingModifiedValues"))
    print(*seen)
    assert seen == ("db.m5.xlarge", None), seen
PY
