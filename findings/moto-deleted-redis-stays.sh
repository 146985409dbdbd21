#!/usr/bin/env bash
# moto 5.2.5: a replication group of ElastiCache that was deleted is listed for ever.
# Guess: after DeleteReplicationGroup it is gone, or gone after the next look, as moto's databases are.
# Seen: DescribeReplicationGroups goes on listing it with the status "deleting".
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
    elasticache = boto3.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="jobs",
        ReplicationGroupDescription="a queue",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=1,
    )
    elasticache.delete_replication_group(ReplicationGroupId="jobs")
    for _ in range(5):
        listed = elasticache.describe_replication_groups()["ReplicationGroups"]
    seen = [(group["ReplicationGroupId"], group["Status"]) for group in listed]
    print("after the deletion:", seen)
    assert seen == [("jobs", "deleting")], seen
PY
