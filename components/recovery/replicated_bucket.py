"""A bucket's copy in the recovery region, and the rule by which S3 keeps it filled."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.identity.encryption import RecoveryKey
from components.shared.place import Place
from components.shared.private_bucket import PrivateBucket, PrivateBucketArgs
from rendering.recovery.replication_documents import replication_policy
from rendering.shared.iam_documents import service_trust

TIME_CONTROL_MINUTES = 15
"""The one figure that S3 Replication Time Control takes."""

REPLICA_NONCURRENT_DAYS = 90
"""How long an overwritten or deleted object can be brought back in the copy: a quarter, so that
whoever empties the source does not empty both."""


@dataclass(frozen=True, kw_only=True)
class SourceBucket:
    """A bucket to copy."""

    role: str
    """The word in its name, as artifacts."""

    bucket_name: Input[str]
    """The physical name."""

    bucket_arn: Input[str]
    """The ARN, for the policy of the role that copies."""

    key_arn: Input[str] | None
    """The key that encrypts its objects; None is S3's own."""

    versions: Resource
    """What must be on before the bucket gives copies."""


@dataclass(frozen=True, kw_only=True)
class ReplicatedBucketArgs:
    """The bucket, and the region and key of its copy."""

    place: Place
    recovery: RecoveryKey

    source: SourceBucket
    """The bucket to copy; objects that S3's own key encrypts there are copied as they are."""


class ReplicatedBucket(ComponentResource):
    """What is new in the source is in the copy within 15 minutes; deleting there only marks here.

    Objects that were there before the rule are not copied by it: S3 Batch Replication does that
    once (docs/disaster-recovery.md).
    """

    bucket_name: Output[str]
    bucket_arn: Output[str]

    def __init__(
        self, name: str, args: ReplicatedBucketArgs, opts: ResourceOptions | None = None
    ) -> None:
        source = args.source
        summary = {"role": source.role, "recoveryRegion": args.recovery.region}
        super().__init__("researchflow:data:ReplicatedBucket", name, summary, opts)
        self._name, self._args = name, args
        copy = PrivateBucket(
            name,
            PrivateBucketArgs(
                place=args.place,
                role=source.role,
                key_arn=args.recovery.key_arn,
                noncurrent_days=REPLICA_NONCURRENT_DAYS,
                region=args.recovery.region,
            ),
            ResourceOptions(parent=self),
        )
        role = self._role(copy)
        aws.s3.BucketReplicationConfig(
            f"{name}-replication",
            bucket=source.bucket_name,
            role=role.arn,
            rules=[self._rule(copy)],
            # Both buckets must keep versions, and S3 tries the role at once.
            opts=ResourceOptions(
                parent=self,
                protect=args.place.protect,
                depends_on=[source.versions, copy.versions, self._permission],
            ),
        )
        self.bucket_name, self.bucket_arn = copy.bucket_name, copy.bucket_arn
        self.register_outputs({"bucketName": self.bucket_name})

    def _role(self, copy: PrivateBucket) -> aws.iam.Role:
        args, source = self._args, self._args.source
        role = aws.iam.Role(
            f"{self._name}-replication",
            assume_role_policy=service_trust("s3.amazonaws.com"),
            opts=ResourceOptions(parent=self),
        )
        keys = {"source_key": source.key_arn, "copy_key": args.recovery.key_arn}
        policy = Output.all(
            source=source.bucket_arn,
            copy=copy.bucket_arn,
            **(keys if source.key_arn is not None else {}),
        ).apply(
            lambda arns: replication_policy(
                **arns, region=args.place.region, recovery_region=args.recovery.region
            )
        )
        self._permission = aws.iam.RolePolicy(
            f"{self._name}-replication",
            role=role.id,
            policy=policy,
            opts=ResourceOptions(parent=self),
        )
        return role

    def _rule(self, copy: PrivateBucket) -> aws.s3.BucketReplicationConfigRuleArgs:
        args, encrypted = self._args, self._args.source.key_arn is not None
        minutes = TIME_CONTROL_MINUTES
        return aws.s3.BucketReplicationConfigRuleArgs(
            id="recovery",
            status="Enabled",
            priority=1,
            filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
            delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
                status="Enabled"
            ),
            source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
                sse_kms_encrypted_objects=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
                    status="Enabled"
                )
            )
            if encrypted
            else None,
            destination=aws.s3.BucketReplicationConfigRuleDestinationArgs(
                bucket=copy.bucket_arn,
                encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                    replica_kms_key_id=args.recovery.key_arn
                )
                if encrypted
                else None,
                replication_time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeArgs(
                    status="Enabled",
                    time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs(
                        minutes=minutes
                    ),
                ),
                metrics=aws.s3.BucketReplicationConfigRuleDestinationMetricsArgs(
                    status="Enabled",
                    event_threshold=aws.s3.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs(
                        minutes=minutes
                    ),
                ),
            ),
        )
