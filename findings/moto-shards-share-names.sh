#!/usr/bin/env bash
# moto 5.2.5: the members of a Redis cluster's shards have the same names.
# Guess: each member has its own, as ElastiCache has it: r-0001-001, r-0001-002, r-0002-001, r-0002-002.
# Seen: r-001, r-002, r-001, r-002, so that a member's name tells nothing of its shard.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[elasticache]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    made = boto3.client("elasticache").create_replication_group(
        ReplicationGroupId="r",
        ReplicationGroupDescription="two shards of two",
        Engine="redis",
        CacheNodeType="cache.m7g.large",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=1,
        AutomaticFailoverEnabled=True,
    )["ReplicationGroup"]
    seen = made["MemberClusters"]
    print(*seen)
    assert len(made["NodeGroups"]) == 2
    assert seen == ["r-001", "r-002", "r-001", "r-002"], seen
PY
