"""Arguments of keys, audit, the in-cluster authority, and the way in when all others fail."""

from __future__ import annotations

from components.citus.backups import backup_bucket_arn
from components.identity.audit import AuditArgs
from components.identity.authority import AuthorityArgs
from components.identity.break_glass import BreakGlassArgs
from components.identity.encryption import EncryptionArgs
from components.identity.pod_roles import PodRolesArgs
from components.observability.observability import topic_names
from scaleplan.citus.data_nodes import placements
from wiring.stack import Stack


def encryption_args(stack: Stack) -> EncryptionArgs:
    """Keys of the stack; a recovery site goes on with the replica of the other one's data key."""
    primary = stack.primary_site
    return EncryptionArgs(
        place=stack.place,
        recovery_region=stack.settings.disaster_recovery.region,
        adopted_data_key_arn=primary.data_key_arn if primary else None,
    )


def audit_args(stack: Stack) -> AuditArgs:
    """CloudTrail of the account, which sees every access to an artifact."""
    audit = stack.settings.audit
    return AuditArgs(
        place=stack.place,
        keys=stack.keys,
        artifacts_bucket_arn=stack.artifacts.bucket_arn,
        guard_duty=audit.guard_duty and not audit.guard_duty_adopted,
    )


def pod_roles_args(stack: Stack) -> PodRolesArgs:
    """The roles of what `serving.py` runs."""
    settings, primary = stack.settings, stack.primary_site
    sharding = settings.sharding
    groups = placements(settings.citus, settings.availability_zones) if sharding.present else []
    copy_name = primary.citus_bucket if primary else None
    return PodRolesArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        artifacts_bucket_arn=stack.artifacts.bucket_arn,
        workflows=settings.workflows.enabled,
        sharding_stage=sharding.stage.value,
        citus_bucket_arn=backup_bucket_arn(stack.place, copy_name),
        citus_groups=[group.name for group in groups],
        topic_names=topic_names(),
    )


def break_glass_args(stack: Stack) -> BreakGlassArgs:
    """The way to cluster and database when all others fail."""
    return BreakGlassArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        principals=stack.settings.access.break_glass,
        secret_arn=stack.database.secret_arn,
    )


def authority_args(stack: Stack) -> AuthorityArgs:
    """The authority of TLS inside the cluster."""
    return AuthorityArgs(namespace=stack.platform.namespace, organization=stack.settings.prefix)
