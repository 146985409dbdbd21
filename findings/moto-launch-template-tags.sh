#!/usr/bin/env bash
# moto 5.2.5: CreateLaunchTemplate puts the tags of the template itself into the data of its version.
# Guess: TagSpecifications beside LaunchTemplateData tag the template, as EC2 documents; the data holds
# only the specifications that were given inside it, for instances and volumes.
# Seen: DescribeLaunchTemplateVersions shows a specification of type launch-template inside the data.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[ec2]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    ec2 = boto3.client("ec2")
    tags = [{"Key": "team", "Value": "platform"}]
    made = ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )["LaunchTemplate"]
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])[
        "LaunchTemplateVersions"
    ]
    kinds = sorted(each["ResourceType"] for each in version["LaunchTemplateData"]["TagSpecifications"])
    print("specifications in the data:", kinds)
    assert kinds == ["instance", "launch-template"], "this has changed"
PY
