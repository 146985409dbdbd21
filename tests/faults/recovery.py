"""Faults of a second region: failover, copies and backups."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove, text
from tests.faults.fault import Fault, breaks

ALONE = f"{tokens.HEALTH_CHECK}::edge-failover-primary-alone"
WAITS = f"{tokens.HEALTH_CHECK}::edge-failover-site-waits"
PRIMARY = f"{tokens.HEALTH_CHECK}::edge-failover-primary"
ARTIFACTS = f"{tokens.BUCKET_REPLICATION}::recovery-artifacts-replication"
LOCK = f"{tokens.VAULT_LOCK}::recovery-backups-there"
PLAN = f"{tokens.BACKUP_PLAN}::recovery-backups-daily"

FAULTS: tuple[Fault, ...] = (
    breaks(
        "failover-one-site-writes",
        "a primary that comes back takes writes beside the site",
        ALONE,
        put("childHealthThreshold", 1),
    ),
    breaks(
        "failover-one-site-writes",
        "the domain leads home while the site serves",
        WAITS,
        put("invertHealthcheck", False),
    ),
    breaks(
        "failover-one-site-writes",
        "the domain leads home whatever happens",
        f"{tokens.RECORD}::edge-domain-a",
        remove("healthCheckId"),
        wired=("healthCheckId", ""),
    ),
    breaks(
        "failover-noticed",
        "a lost site is believed in for minutes",
        PRIMARY,
        put("failureThreshold", 10),
    ),
    breaks(
        "failover-noticed", "one lost packet moves all users", PRIMARY, put("failureThreshold", 1)
    ),
    breaks(
        "recovery-copies-secrets",
        "a password stays in the lost region",
        f"{tokens.STORED_SECRET}::database-connection",
        remove("replicas"),
    ),
    breaks("recovery-copies-buckets", "artifacts are copied nowhere", ARTIFACTS, drop=True),
    breaks(
        "recovery-copies-buckets",
        "copies of artifacts when S3 comes to it",
        ARTIFACTS,
        remove("rules[0].destination.replicationTime"),
    ),
    breaks(
        "recovery-copies-buckets",
        "encrypted artifacts aren't copied",
        ARTIFACTS,
        remove("rules[0].sourceSelectionCriteria"),
    ),
    breaks("backup-vault-locked", "backups can be deleted", LOCK, drop=True),
    breaks("backup-vault-locked", "a lock for ever", LOCK, put("changeableForDays", 3)),
    breaks(
        "backup-copied-abroad",
        "backups stay in the lost region",
        PLAN,
        text("rules[0].copyActions[0].destinationVaultArn", "us-east-2", "us-east-1"),
    ),
    breaks(
        "backup-copied-abroad",
        "copies are kept longer than their vault takes them",
        PLAN,
        put("rules[0].copyActions[0].lifecycle.deleteAfter", 400),
    ),
    breaks(
        "backup-failures-told",
        "a failed backup is told to nobody",
        f"{tokens.EVENT_TARGET}::recovery-backups-failures",
        drop=True,
    ),
    breaks(
        "backup-failures-told",
        "a backup that never started is told to nobody",
        f"{tokens.EVENT_RULE}::recovery-backups-failures",
        text("eventPattern", "EXPIRED", "COMPLETED"),
    ),
    breaks(
        "recovery-copies-own-images",
        "every image of the account is copied",
        f"{tokens.IMAGE_REPLICATION}::recovery-images-rules",
        remove("replicationConfiguration.rules[0].repositoryFilters"),
    ),
    breaks(
        "recovery-images-immutable",
        "copies of images can be exchanged",
        f"{tokens.IMAGE_TEMPLATE}::recovery-images-template",
        put("imageTagMutability", "MUTABLE"),
    ),
)
