"""Rules of a second region: who serves, what is copied there, and what is kept of a database."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .shared.buckets import LOG_BUCKET, PRIVATE_BUCKET
from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import (
    BACKUP_PLAN,
    BACKUP_SELECTION,
    BUCKET,
    BUCKET_REPLICATION,
    DATABASE,
    EVENT_RULE,
    EVENT_TARGET,
    HEALTH_CHECK,
    IMAGE_REPLICATION,
    IMAGE_TEMPLATE,
    RECORD,
    REPLICA_KEY,
    STORED_SECRET,
    TRAIL,
    VAULT,
    VAULT_LOCK,
)
from .shared.values import at, is_true, listed

LONGEST_NOTICE_SECONDS = 120
"""Until health checks believe that a site is lost."""

LONGEST_COPY_MINUTES = 15
"""S3's own promise with Replication Time Control."""

FAILED = ("ABORTED", "EXPIRED", "FAILED")
"""Ends of a job of AWS Backup without a backup (AWS Backup guide, Monitoring events)."""

ADDRESSES = ("A", "AAAA", "CNAME")


def _one_site(resource: Resource, stack: StackResources) -> Iterator[str]:
    roles = {at(e, "type") for e in listed(resource.inputs, "failoverRoutingPolicies")}
    if "PRIMARY" not in roles:
        return
    checks = list(stack.behind(resource, "healthCheckId", HEALTH_CHECK))
    for check in checks:
        children = listed(check.inputs, "childHealthchecks")
        needed = at(check.inputs, "childHealthThreshold", 0)
        if len(children) < 2:
            yield "leads home by one site's health alone"
        elif needed < len(children):
            yield f"leads home when {needed} of {len(children)} checks pass: two sites take writes"
        waits = (
            is_true(e.inputs, "invertHealthcheck") for e in stack.behind(check, "childHealthchecks")
        )
        if children and not any(waits):
            yield "leads home while the recovery site serves"
    if not checks:
        yield "leads home whether that answers or not"
    for other in stack.of_type(RECORD):
        same = at(other.inputs, "name") == at(resource.inputs, "name")
        leads = same and at(other.inputs, "type") in ADDRESSES
        if leads and not listed(other.inputs, "failoverRoutingPolicies"):
            yield f"has {other.name} beside it, which goes on leading to a lost site"


def _noticed(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "type") == "CALCULATED":
        return
    failures = at(resource.inputs, "failureThreshold", 3)
    seconds = failures * at(resource.inputs, "requestInterval", 30)
    if seconds > LONGEST_NOTICE_SECONDS:
        yield f"believes in a lost site for {seconds} s"
    if failures < 2:
        yield "takes one lost packet for a lost site"


def _prepares(stack: StackResources) -> bool:
    """Whether the stack keeps copies in a second region: it has its key there."""
    return any(True for _ in stack.of_type(REPLICA_KEY))


def _secret_copied(resource: Resource, stack: StackResources) -> Iterator[str]:
    if _prepares(stack) and not listed(resource.inputs, "replicas"):
        yield "has no copy in the recovery region, whose databases ask for that password"


def _bucket_copied(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not _prepares(stack) or at(resource.inputs, "region") or resource.is_under(LOG_BUCKET):
        return
    of_trail = any(resource in stack.behind(each, "s3BucketName") for each in stack.of_type(TRAIL))
    if of_trail:
        return  # a trail of all regions goes on in the other, into that site's own bucket
    rules = [
        rule
        for each in stack.pointing_at(resource, BUCKET_REPLICATION, "bucket")
        for rule in listed(each.inputs, "rules")
        if at(rule, "status") == "Enabled"
    ]
    if not rules:
        yield "is copied to no other region, and is lost with its own"
    for rule in rules:
        if at(rule, "destination.replicationTime.time.minutes", 0) > LONGEST_COPY_MINUTES or not at(
            rule, "destination.replicationTime"
        ):
            yield f"may be copied later than {LONGEST_COPY_MINUTES} minutes after it is written"
        sealed = at(rule, "sourceSelectionCriteria.sseKmsEncryptedObjects.status") == "Enabled"
        if resource.is_under(PRIVATE_BUCKET) and not sealed:
            yield "copies what is encrypted with no key of the stack, which is nothing"


def _locked(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data:
        return
    locks = list(stack.pointing_at(resource, VAULT_LOCK, "backupVaultName"))
    if not locks:
        yield "has no lock: whoever may delete backups deletes all of them"
    for lock in locks:
        if at(lock.inputs, "changeableForDays") is not None:
            yield "is locked for ever in some days, and nobody can take that back"


def _copied_abroad(resource: Resource, stack: StackResources) -> Iterator[str]:
    for rule in listed(resource.inputs, "rules"):
        copies = [at(e, "destinationVaultArn", "") for e in listed(rule, "copyActions")]
        if not any(resource.region not in arn.split(":") for arn in copies):
            yield f"keeps {at(rule, 'ruleName')} in its own region, and loses it with that"
        for lifecycle in (rule, *listed(rule, "copyActions")):
            days = at(lifecycle, "lifecycle.deleteAfter", 0)
            yield from _within_locks(days, stack)
    selections = stack.pointing_at(resource, BACKUP_SELECTION, "planId")
    chosen = [d for each in selections for d in stack.behind(each, "resources", DATABASE)]
    if not chosen:
        yield "backs up no database"


def _within_locks(days: int, stack: StackResources) -> Iterator[str]:
    for lock in stack.of_type(VAULT_LOCK):
        least = at(lock.inputs, "minRetentionDays", 0)
        most = at(lock.inputs, "maxRetentionDays", days)
        if not least <= days <= most:
            yield f"keeps backups {days} days, which {lock.name} refuses ({least} to {most})"


def _own_images(resource: Resource, stack: StackResources) -> Iterator[str]:
    for rule in listed(resource.inputs, "replicationConfiguration.rules"):
        if not listed(rule, "repositoryFilters"):
            yield "copies every image of the account, other stacks' too"


def _images_sealed(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "imageTagMutability") != "IMMUTABLE":
        yield "makes copies whose tags can be moved to another image"
    kinds = {at(e, "encryptionType") for e in listed(resource.inputs, "encryptionConfigurations")}
    if kinds != {"KMS"}:
        yield "makes copies under no key of the stack"


def _failures_told(resource: Resource, stack: StackResources) -> Iterator[str]:
    told: set[str] = set()
    for rule in stack.of_type(EVENT_RULE):
        pattern = json.loads(at(rule.inputs, "eventPattern", "{}"))
        heard = any(True for _ in stack.pointing_at(rule, EVENT_TARGET, "rule"))
        if heard and "aws.backup" in listed(pattern, "source"):
            told |= set(listed(pattern, "detail.state"))
    silent = [state for state in FAILED if state not in told]
    if silent:
        yield f"tells nobody of a backup that is {', '.join(silent)}"


RULES = (
    Rule(
        id="failover-one-site-writes",
        layer=RuleLayer.RECOVERY,
        demand="A domain leads home only while home answers and the recovery site doesn't serve.",
        reason="A primary that comes back would take writes beside the site: two truths.",
        source="Route 53 developer guide, Calculated health checks; docs/disaster-recovery.md",
        remedy="keep the checks of `components/edge/failover_checks.py`",
        types=(RECORD,),
        check=_one_site,
        whole_stack=True,
    ),
    Rule(
        id="failover-noticed",
        layer=RuleLayer.RECOVERY,
        demand=f"A lost site is noticed in {LONGEST_NOTICE_SECONDS} s, and not by one failure.",
        reason="Recovery times count on it; a single lost packet must not move all users.",
        source="Route 53 developer guide, How Route 53 determines whether a check is healthy",
        remedy="keep failureThreshold and requestInterval of `components/edge/failover_checks.py`",
        types=(HEALTH_CHECK,),
        check=_noticed,
    ),
    Rule(
        id="recovery-copies-secrets",
        layer=RuleLayer.RECOVERY,
        demand="Where a recovery region is prepared, every secret has a copy there.",
        reason="A database without its password is a file.",
        source="Secrets Manager user guide, Replicate secrets across Regions",
        remedy="give `replicas` to the secret, as the others have",
        types=(STORED_SECRET,),
        check=_secret_copied,
        whole_stack=True,
    ),
    Rule(
        id="recovery-copies-buckets",
        layer=RuleLayer.RECOVERY,
        demand="Where a recovery region is prepared, every bucket of data is copied in minutes.",
        reason="What isn't copied when the region goes has never been.",
        source="S3 user guide, Replication Time Control, and Replicating encrypted objects",
        remedy="make it with `components/recovery/replicated_bucket.py`",
        types=(BUCKET,),
        check=_bucket_copied,
        whole_stack=True,
    ),
    Rule(
        id="recovery-copies-own-images",
        layer=RuleLayer.RECOVERY,
        demand="A rule of image replication names the stack's own repositories.",
        reason="The rules belong to account and region, not to a stack: without a name, to all.",
        source="ECR user guide, Private image replication, repository filters",
        remedy="keep the filter of `components/recovery/replicated_images.py`",
        types=(IMAGE_REPLICATION,),
        check=_own_images,
    ),
    Rule(
        id="recovery-images-immutable",
        layer=RuleLayer.RECOVERY,
        demand="Copies of images are immutable, and encrypted with a key of the stack.",
        reason="The site would otherwise start what somebody has put there since.",
        source="ECR user guide, Repository creation templates; AWS Security Hub, ECR.2, ECR.5",
        remedy="keep the template of `components/recovery/replicated_images.py`",
        types=(IMAGE_TEMPLATE,),
        check=_images_sealed,
    ),
    Rule(
        id="backup-vault-locked",
        layer=RuleLayer.RECOVERY,
        demand="Every vault is locked, in governance and not in compliance mode.",
        reason="Ransomware deletes backups first; a compliance lock outlives whoever set it.",
        source="AWS Backup guide, Vault Lock; HIPAA Security Rule, 45 CFR 164.308(a)(7)",
        remedy="keep the lock of `components/recovery/backups.py`, without changeableForDays",
        types=(VAULT,),
        check=_locked,
        whole_stack=True,
    ),
    Rule(
        id="backup-copied-abroad",
        layer=RuleLayer.RECOVERY,
        demand="A backup plan chooses the database, and copies to another region what it keeps.",
        reason="A job whose days a lock refuses fails each night.",
        source="AWS Backup guide, Cross-Region copies, and Vault Lock retention",
        remedy="keep the plan of `components/recovery/backups.py`",
        types=(BACKUP_PLAN,),
        check=_copied_abroad,
        whole_stack=True,
    ),
    Rule(
        id="backup-failures-told",
        layer=RuleLayer.RECOVERY,
        demand="Somebody is told of every backup and copy that comes to nothing.",
        reason="A backup that failed is otherwise found out on the day of its restore.",
        source="AWS Backup guide, Monitoring AWS Backup events with EventBridge",
        remedy="keep the rule of events of `components/recovery/backups.py`, and its target",
        types=(BACKUP_PLAN,),
        check=_failures_told,
        whole_stack=True,
    ),
)
