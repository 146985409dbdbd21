"""What a stack keeps in its recovery region, read back there by AWS's own client."""

from __future__ import annotations

from pathlib import Path

from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.offline.record import record
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.deployment import Deployment
from rf.shared.sandbox.registry import SandboxRegistry
from rf.shared.sandbox.verify import verify

HERE, THERE = "us-east-1", "us-east-2"
PREFIX = "researchflow-copied"

PROGRAM = f"""
import pulumi
import pulumi_aws as aws

import components as layers
from components.applications.artifacts import ArtifactsArgs
from components.recovery.disaster_recovery import DisasterRecoveryArgs
from components.identity.encryption import EncryptionArgs
from components.edge.failover_checks import FailoverChecks, FailoverChecksArgs
from components.applications.registry import RegistryArgs
from components.recovery.replicated_bucket import SourceBucket
from components.identity.encryption import secret_replicas
from components.shared.place import Place
from scaleplan.recovery.disaster_recovery import RecoveryMode

provider = aws.Provider("aws", region="{HERE}")
on_aws = pulumi.ResourceOptions(providers=[provider])
place = Place(
    prefix="{PREFIX}",
    account_id="{ACCOUNT_ID}",
    region="{HERE}",
    availability_zones=(),
    tags={{}},
    protect=True,
)
keys = layers.Encryption(
    "encryption", EncryptionArgs(place=place, recovery_region="{THERE}"), on_aws
).keys
images = layers.Registry("registry", RegistryArgs(place=place, keys=keys), on_aws)
files = layers.Artifacts("artifacts", ArtifactsArgs(place=place, keys=keys), on_aws)
aws.secretsmanager.Secret(
    "login",
    name="{PREFIX}/database",
    kms_key_id=keys.data_arn,
    replicas=secret_replicas(keys.recovery),
    opts=pulumi.ResourceOptions(provider=provider),
)
source = SourceBucket(
    role="artifacts",
    bucket_name=files.bucket_name,
    bucket_arn=files.bucket_arn,
    key_arn=keys.data_arn,
    versions=files.versions,
)
pages = aws.sns.Topic(
    "pages", name="{PREFIX}-pages", opts=pulumi.ResourceOptions(provider=provider)
)
copies = DisasterRecoveryArgs(
    mode=RecoveryMode.BACKUP,
    recovery=keys.recovery,
    place=place,
    keys=keys,
    database_arn="arn:aws:rds:{HERE}:{ACCOUNT_ID}:db:{PREFIX}-database",
    page_topic_arn=pages.arn,
    buckets=[source],
    repositories=images.repositories,
    image_rules=True,
)
layers.DisasterRecovery("recovery", copies, on_aws)
checked = FailoverChecksArgs(
    place=place, endpoint="d1.cloudfront.net", site_name="recovery.flow.example.org"
)
FailoverChecks("failover", checked, on_aws)
"""


def test_both_regions_hold_what_the_plan_says(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "__main__.py"
    path.write_text(PROGRAM)
    world = SandboxRegistry(api, ACCOUNT_ID)
    deployment = Deployment(world, lambda _name: None)
    plan = record(path, "researchflow", "copied", deploy=deployment)
    differing = [
        check for check in verify(api, plan, world.not_emulated) if check.status == "differs"
    ]
    assert differing == []

    (replica,) = plan.of_type("aws:kms/replicaKey:ReplicaKey")
    there = api.client("kms", THERE).describe_key(KeyId=replica.resource_id)["KeyMetadata"]
    assert (there["MultiRegion"], there["Enabled"]) == (True, True)

    secret = api.client("secretsmanager", THERE).describe_secret(SecretId=f"{PREFIX}/database")
    assert secret["PrimaryRegion"] == HERE

    copy = f"{PREFIX}-artifacts-{ACCOUNT_ID}-{THERE}"
    s3 = api.client("s3", THERE)
    assert s3.get_bucket_location(Bucket=copy)["LocationConstraint"] == THERE
    assert s3.get_bucket_versioning(Bucket=copy)["Status"] == "Enabled"
    source = f"{PREFIX}-artifacts-{ACCOUNT_ID}-{HERE}"
    replication = api.client("s3", HERE).get_bucket_replication(Bucket=source)
    (rule,) = replication["ReplicationConfiguration"]["Rules"]
    assert (rule["Status"], rule["Destination"]["Bucket"]) == ("Enabled", f"arn:aws:s3:::{copy}")

    for region in (HERE, THERE):
        vault = api.client("backup", region).describe_backup_vault(
            BackupVaultName=f"{PREFIX}-recovery"
        )
        assert vault["Locked"], region
    targets = api.client("events", HERE).list_targets_by_rule(Rule=f"{PREFIX}-recovery-failures")
    pages = f"arn:aws:sns:{HERE}:{ACCOUNT_ID}:{PREFIX}-pages"
    assert [each["Arn"] for each in targets["Targets"]] == [pages]
    registry = api.client("ecr", HERE).describe_registry()["replicationConfiguration"]
    assert [each["region"] for each in registry["rules"][0]["destinations"]] == [THERE]
