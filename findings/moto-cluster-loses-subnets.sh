#!/usr/bin/env bash
# moto 5.2.5: UpdateClusterConfig of EKS replaces the network settings by those of the request.
# Guess: a request that names the endpoint alone leaves subnets and groups as they are, as EKS does.
# Seen: afterwards DescribeCluster has no subnets.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[eks]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    ec2, eks = boto3.client("ec2"), boto3.client("eks")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    eks.create_cluster(
        name="c",
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
    )
    eks.update_cluster_config(
        name="c", resourcesVpcConfig={"endpointPublicAccess": True, "endpointPrivateAccess": True}
    )
    network = eks.describe_cluster(name="c")["cluster"]["resourcesVpcConfig"]
    print("network settings afterwards:", {k: v for k, v in network.items() if v})
    assert not network.get("subnetIds"), "this has changed"
PY
