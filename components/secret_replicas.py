"""Replicas of secrets in the recovery region: same name, same content, that region's key."""

from __future__ import annotations

import pulumi_aws as aws

from components.encryption import RecoveryKey


def secret_replicas(recovery: RecoveryKey | None) -> list[aws.secretsmanager.SecretReplicaArgs]:
    """What a secret's `replicas` are; none where nothing is copied anywhere."""
    if recovery is None:
        return []
    return [
        aws.secretsmanager.SecretReplicaArgs(region=recovery.region, kms_key_id=recovery.key_arn)
    ]
