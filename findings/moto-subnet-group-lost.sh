#!/usr/bin/env bash
# moto 5.2.5: ModifyDBSubnetGroup answers with the changed group and loses it.
# Guess: the group has its new subnets afterwards, as RDS documents the operation.
# Seen: the answer is right, and the next DescribeDBSubnetGroups says DBSubnetGroupNotFoundFault.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[rds]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

with mock_aws():
    ec2, rds = boto3.client("ec2"), boto3.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("abc")
    ]
    name = "data"
    rds.create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=subnets[:2]
    )
    answer = rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=subnets)
    print("answered subnets:", len(answer["DBSubnetGroup"]["Subnets"]))
    assert len(answer["DBSubnetGroup"]["Subnets"]) == 3
    try:
        rds.describe_db_subnet_groups(DBSubnetGroupName=name)
    except ClientError as error:
        print("then:", error.response["Error"]["Code"])
        assert error.response["Error"]["Code"] == "DBSubnetGroupNotFoundFault"
    else:
        raise SystemExit("the group is still there: this has changed")
PY
