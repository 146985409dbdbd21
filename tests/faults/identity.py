"""Faults of roles, keys, secrets, and of what watches."""

from __future__ import annotations

from tests.faults.change import put, remove, statement
from tests.faults.fault import Fault, PlanFault, breaks

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
TRAIL = "aws:cloudtrail/trail:Trail::audit-trail"

FAULTS: tuple[Fault, ...] = (
    breaks("stateful-protected", "the trail loses its protect", TRAIL, bare=True),
    breaks(
        "iam-no-wildcard-action",
        "the worker may do anything to S3",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", Action="s3:*"),
    ),
    breaks(
        "iam-no-wildcard-action",
        "a role may do all but delete",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", NotAction="s3:DeleteBucket"),
    ),
    breaks(
        "iam-no-wildcard-resource",
        "the worker reads every bucket",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", Action=["s3:GetObject"], Resource="*"),
    ),
    breaks(
        "policy-names-callers",
        "anyone may publish alerts",
        "aws:sns/topicPolicy:TopicPolicy::observability-topics-pages",
        statement("policy", Principal="*", Condition={}),
    ),
    breaks(
        "iam-no-administrator",
        "the machines are administrators",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-node-worker",
        put("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    breaks(
        "role-for-people-needs-mfa",
        "the glass is broken without a second factor",
        "aws:iam/role:Role::break-glass-role",
        statement("assumeRolePolicy", Condition={}),
    ),
    PlanFault(
        name="a static access key",
        caught_by="policy: iam-no-static-keys",
        on="aws:iam/role:Role::worker-artifacts",
        retype="aws:iam/accessKey:AccessKey",
    ),
    breaks(
        "key-rotated",
        "the data key is never rotated",
        "aws:kms/key:Key::encryption-data",
        put("enableKeyRotation", False),
    ),
    breaks(
        "key-recoverable",
        "the data key dies in a week",
        "aws:kms/key:Key::encryption-data",
        put("deletionWindowInDays", 7),
    ),
    breaks(
        "secret-encrypted-and-kept",
        "a secret under the account's key",
        "aws:secretsmanager/secret:Secret::database-connection",
        remove("kmsKeyId"),
    ),
    breaks(
        "secret-encrypted-and-kept",
        "a secret is deleted at once",
        "aws:secretsmanager/secret:Secret::database-connection",
        put("recoveryWindowInDays", 0),
    ),
    breaks("trail-trusted", "the trail of one region", TRAIL, put("isMultiRegionTrail", False)),
    breaks(
        "trail-trusted", "the trail can be forged", TRAIL, put("enableLogFileValidation", False)
    ),
    breaks(
        "detector-on",
        "GuardDuty sleeps",
        "aws:guardduty/detector:Detector::audit-detector",
        put("enable", False),
    ),
)
