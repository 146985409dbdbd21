"""Who did what: CloudTrail in a bucket of its own, and GuardDuty where the stack says so."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from components.shared.private_bucket import PrivateBucket, PrivateBucketArgs
from rendering.identity.trail_documents import objects_of, trail_arn, trail_bucket_policy
from scaleplan.identity.access import GUARD_DUTY_FEATURES

NONCURRENT_DAYS = 365
"""Nothing overwrites a log; if something does, what was there stays a year."""


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """What is recorded; the logs key, which admits the trail, encrypts it."""

    place: Place
    keys: Keys

    artifacts_bucket_arn: Input[str]
    """The bucket whose every access is recorded: it has patients' data."""

    guard_duty: bool
    """Whether the stack makes the detector that watches account and region."""


class Audit(ComponentResource):
    """A trail of every call that changes something, in all regions, and each access to an artifact.

    Logs are encrypted, and digests signed by CloudTrail prove that none was changed or removed
    (`aws cloudtrail validate-logs`). They are kept for good: HIPAA wants six years of them
    (45 CFR 164.316(b)(2)(i)).
    """

    bucket_name: Output[str]
    trail_arn: Output[str]

    def __init__(self, name: str, args: AuditArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"trail": args.place.prefix, "guardDuty": args.guard_duty}
        super().__init__("researchflow:security:Audit", name, summary, opts)
        self._name, self._args = name, args
        bucket = self._bucket()
        trail = self._trail(bucket)
        if args.guard_duty:
            self._guard_duty()
        self.bucket_name, self.trail_arn = bucket.bucket_name, trail.arn
        self.register_outputs({"bucketName": self.bucket_name, "trailArn": self.trail_arn})

    def _bucket(self) -> PrivateBucket:
        args = self._args
        trail = trail_arn(args.place.region, args.place.account_id, args.place.prefix)
        return PrivateBucket(
            self._name,
            PrivateBucketArgs(
                place=args.place,
                role="audit",
                key_arn=args.keys.logs_arn,
                noncurrent_days=NONCURRENT_DAYS,
                policy=lambda arn: trail_bucket_policy(
                    arn, args.place.account_id, trail, keep=args.place.protect
                ),
            ),
            ResourceOptions(parent=self),
        )

    def _trail(self, bucket: PrivateBucket) -> aws.cloudtrail.Trail:
        args = self._args
        objects = Output.from_input(args.artifacts_bucket_arn).apply(objects_of)
        return aws.cloudtrail.Trail(
            f"{self._name}-trail",
            name=args.place.prefix,
            s3_bucket_name=bucket.bucket_name,
            kms_key_id=args.keys.logs_arn,
            enable_log_file_validation=True,
            enable_logging=True,
            # Whoever gets in by another region, or by a global service, is seen too.
            is_multi_region_trail=True,
            include_global_service_events=True,
            advanced_event_selectors=[
                _selector("management", {"eventCategory": "Management"}),
                _selector(
                    "artifacts",
                    {"eventCategory": "Data", "resources.type": "AWS::S3::Object"},
                    {"resources.ARN": objects},
                ),
            ],
            # CloudTrail tries the bucket out when the trail is made: its policy comes first.
            opts=ResourceOptions(parent=self, protect=args.place.protect, depends_on=[bucket]),
        )

    def _guard_duty(self) -> None:
        detector = aws.guardduty.Detector(
            f"{self._name}-detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            opts=ResourceOptions(parent=self),
        )
        for feature in GUARD_DUTY_FEATURES:
            aws.guardduty.DetectorFeature(
                f"{self._name}-{feature.lower().replace('_', '-')}",
                detector_id=detector.id,
                name=feature,
                status="ENABLED",
                opts=ResourceOptions(parent=self),
            )


def _selector(
    name: str,
    equals: dict[str, str],
    starts_with: dict[str, Output[str]] | None = None,
) -> aws.cloudtrail.TrailAdvancedEventSelectorArgs:
    """The choice of events whose fields are all as given."""
    field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    return aws.cloudtrail.TrailAdvancedEventSelectorArgs(
        name=name,
        field_selectors=[
            *(field(field=key, equals=[value]) for key, value in equals.items()),
            *(field(field=key, starts_withs=[v]) for key, v in (starts_with or {}).items()),
        ],
    )
