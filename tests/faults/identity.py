"""Faults of roles, keys, secrets, and of what watches."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove, statement, text
from tests.faults.fault import Fault, PlanFault, breaks

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
TRAIL = "aws:cloudtrail/trail:Trail::audit-trail"
LOGS_KEY = "aws:kms/key:Key::encryption-logs"
CERTIFICATE = f"{tokens.ISSUED_CERTIFICATE}::pgbouncer-server-certificate"
AUTHORITY = f"{tokens.OWN_AUTHORITY}::authority-certificate"
SESSION = f"{tokens.SESSION_DOCUMENT}::break-glass-shell"


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
        also=("iam-managed-for-services",),
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
    breaks(
        "services-name-their-source",
        "any account's RDS publishes to the topic",
        "aws:sns/topicPolicy:TopicPolicy::database-events-topic",
        statement("policy", Condition={}),
    ),
    breaks(
        "services-name-their-source",
        "any account's trail writes to the audit bucket",
        "aws:s3/bucketPolicy:BucketPolicy::audit-tls-only",
        text("policy", "aws:SourceArn", "aws:RequestedRegion"),
    ),
    breaks(
        "services-name-their-source",
        "any account's logs use the key",
        LOGS_KEY,
        text("policy", "kms:EncryptionContext:aws:logs:arn", "aws:ResourceTag/name"),
    ),
    breaks(
        "event-logs-can-begin",
        "the log of finished backups stays empty",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy::observability-alarms-backups",
        statement(
            "policyDocument",
            Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:1:rule/backups"}},
        ),
    ),
    breaks(
        "services-name-their-source",
        "any account's events are counted as backups",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy::observability-alarms-backups",
        statement("policyDocument", Action=["logs:CreateLogStream", "logs:PutLogEvents"]),
    ),
    breaks(
        "trust-names-source",
        "flow logs of any account take the role",
        "aws:iam/role:Role::network-flow",
        statement("assumeRolePolicy", Condition={}),
    ),
    breaks(
        "trust-names-source",
        "a service that nobody has read about takes the backups' role",
        "aws:iam/role:Role::recovery-backups-daily",
        text("assumeRolePolicy", "backup.amazonaws.com", "scheduler.amazonaws.com"),
    ),
    breaks(
        "iam-managed-for-services",
        "the machines read every bucket",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-node-worker",
        put("policyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
    ),
    breaks(
        "sessions-logged",
        "a shell that is logged when it ends",
        SESSION,
        text(
            "content", '"cloudWatchStreamingEnabled": true', '"cloudWatchStreamingEnabled": false'
        ),
    ),
    breaks(
        "sessions-short",
        "the glass stays broken for half a day",
        "aws:iam/role:Role::break-glass-role",
        put("maxSessionDuration", 43200),
    ),
    breaks(
        "certificates-renewed-early",
        "PgBouncer's certificate is renewed on its last day",
        CERTIFICATE,
        put("earlyRenewalHours", 24),
    ),
    breaks(
        "authority-signs-servers-alone",
        "PgBouncer may issue certificates",
        CERTIFICATE,
        put("isCaCertificate", True),
    ),
    breaks(
        "authority-signs-servers-alone",
        "the authority has authorities below it",
        AUTHORITY,
        put("maxPathLength", 1),
    ),
    breaks(
        "authority-signs-servers-alone",
        "the authority ends before what it signed",
        AUTHORITY,
        put("earlyRenewalHours", 8760),
    ),
    breaks(
        "keys-of-their-region",
        "copies of artifacts under the first region's key",
        f"{tokens.BUCKET_REPLICATION}::recovery-artifacts-replication",
        text(
            "rules[0].destination.encryptionConfiguration.replicaKmsKeyId",
            "us-east-2",
            "us-east-1",
        ),
    ),
    breaks(
        "keys-of-their-region",
        "a secret's copy under the first region's key",
        "aws:secretsmanager/secret:Secret::database-connection",
        text("replicas[0].kmsKeyId", "us-east-2", "us-east-1"),
    ),
    breaks(
        "keys-of-their-region",
        "the recovery region's vault under the first region's key",
        f"{tokens.VAULT}::recovery-backups-there",
        text("kmsKeyArn", "us-east-2", "us-east-1"),
    ),
    breaks(
        "trail-sees-objects",
        "nobody sees who reads an artifact",
        TRAIL,
        remove("advancedEventSelectors[1]"),
    ),
    breaks(
        "trail-not-deletable",
        "the trail can be deleted",
        "aws:s3/bucketPolicy:BucketPolicy::audit-tls-only",
        text("policy", "s3:DeleteObject", "s3:PutObjectTagging"),
    ),
    breaks(
        "detector-sees-data",
        "GuardDuty looks past the cluster",
        f"{tokens.DETECTOR_FEATURE}::audit-eks-audit-logs",
        put("status", "DISABLED"),
    ),
    breaks(
        "service-logs-declared",
        "RDS makes its log group itself",
        f"{tokens.LOG_GROUP}::database-monitoring-primary-postgresql",
        drop=True,
    ),
    breaks(
        "service-logs-declared",
        "EKS makes its log group itself",
        f"{tokens.LOG_GROUP}::cluster-control-plane",
        drop=True,
    ),
    breaks(
        "pod-roles-apart",
        "the API has the worker's role",
        f"{tokens.POD_IDENTITY}::orchestrator-artifacts",
        wired=("roleArn", "aws:iam/role:Role::worker-artifacts"),
    ),
    breaks(
        "passwords-long",
        "a password of eight characters",
        f"{tokens.PASSWORD}::database-password",
        put("length", 8),
    ),
)
