"""What AWS Backup may do to back up one database and copy that to another region."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rendering.shared.iam_documents import policy_document, statement

FAILED_STATES = ("ABORTED", "EXPIRED", "FAILED")
"""States in which a job has ended with nothing to restore from; EXPIRED: it did not start within
its window (AWS Backup guide, "Monitoring AWS Backup events using Amazon EventBridge")."""


def failure_pattern(database: str) -> str:
    """Events of EventBridge: a backup of that database, or a copy of one, has come to nothing."""
    return json.dumps(
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change", "Copy Job State Change"],
            "detail": {"resourceArn": [database], "state": list(FAILED_STATES)},
        },
        sort_keys=True,
    )


def backup_policy(
    *,
    database: str,
    vaults: Sequence[str],
    keys: Sequence[str],
    account_id: str,
    regions: Sequence[str],
) -> str:
    """Snapshots of that database, named as AWS Backup names them, into those vaults.

    The service's managed policy would reach every database of the account; this has of it what a
    backup of RDS and its copy take (AWS Backup guide, "Managed policies for AWS Backup",
    AWSBackupServiceRolePolicyForBackup). Describing takes no resource in RDS.
    """
    snapshots = [
        f"arn:aws:rds:{region}:{account_id}:snapshot:awsbackup:*" for region in sorted(regions)
    ]
    return policy_document(
        statement("Look", ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"], ["*"]),
        statement("Snapshot", ["rds:CreateDBSnapshot"], [database, *snapshots]),
        statement(
            "KeepSnapshots",
            [
                "rds:AddTagsToResource",
                "rds:CopyDBSnapshot",
                "rds:DeleteDBSnapshot",
                "rds:ListTagsForResource",
                "rds:ModifyDBSnapshotAttribute",
            ],
            [database, *snapshots],
        ),
        statement(
            "UseVaults",
            ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault"],
            list(vaults),
        ),
        statement("FindVaults", ["backup:DescribeBackupVault"], list(vaults)),
        statement(
            "UseKeys",
            [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            list(keys),
        ),
        statement(
            "GrantKeysToRds",
            ["kms:CreateGrant"],
            list(keys),
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )
