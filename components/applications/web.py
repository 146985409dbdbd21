"""The frontend: pods that serve it, and the bucket from which the edge does."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.applications.autoscaler import horizontal_pod_autoscaler, scales
from components.applications.pod_template import ApplicationPods, PodTemplate
from components.applications.workload import (
    TargetGroup,
    Workload,
    WorkloadArgs,
    target_group_binding,
)
from components.shared.place import Place
from components.shared.private_bucket import owner_only
from rendering.applications.pods import SERVING
from rendering.shared.bucket_documents import bucket_name
from rendering.shared.endpoints import WEB

OLD_VERSIONS_KEPT_DAYS = 30
"""How far back a published frontend can be restored."""

INCOMPLETE_UPLOADS_KEPT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class WebArgs:
    """The frontend's pods, and the place that names the bucket for good and guards it."""

    place: Place
    pods: ApplicationPods
    target_group: TargetGroup

    at_edge: bool = True
    """Whether an edge serves the files; where none does there is no bucket, and the pods answer for
    all."""


@dataclass(frozen=True, kw_only=True)
class StaticBucket:
    """The bucket of the published files."""

    name: Output[str]
    """The physical name, which people publish to."""

    arn: Output[str]
    """The ARN, for the policy that lets the edge read it."""

    regional_domain_name: Output[str]
    """The host that the edge reads the files from."""

    versions: Resource
    """What must be on before the bucket is copied."""


class Web(ComponentResource):
    """Pods and a private bucket with the same files: the pods answer until something is published.

    The bucket's objects are encrypted with S3's own key (AES256), as the files are public anyway
    and a customer key would have to admit CloudFront. Its policy is the edge's, which it names.
    """

    bucket: StaticBucket | None

    def __init__(self, name: str, args: WebArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "autoscaled": scales(settings),
        }
        super().__init__("researchflow:apps:Web", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                pod=self._pod(args),
                autoscaled=scales(settings),
                after=(args.target_group.controller_ready,),
            ),
            ResourceOptions(parent=self),
        )
        target_group_binding(
            f"{name}-targets",
            WEB,
            namespace=args.pods.namespace,
            target_group=args.target_group,
            parent=self,
            pods=pods,
        )
        if scales(settings):
            self._autoscaler(name, args, pods)
        self.bucket = self._static_bucket(name, args) if args.at_edge else None
        self.register_outputs({"bucketName": self.bucket.name if self.bucket else None})

    def _pod(self, args: WebArgs) -> PodTemplate:
        return PodTemplate(
            application=WEB.application,
            pods=args.pods,
            port=WEB.port,
            serves=True,
            measured=True,
            drain_seconds=WEB.drain_seconds,
            priority=SERVING,
        )

    def _autoscaler(self, name: str, args: WebArgs, pods: Workload) -> None:
        plan = args.pods.autoscaling.worker_hpa
        horizontal_pod_autoscaler(
            f"{name}-autoscaler",
            WEB.application,
            namespace=args.pods.namespace,
            settings=args.pods.settings,
            utilization_percents={"cpu": plan.cpu_utilization_percent},
            up=plan.scale_up,
            down=plan.scale_down,
            opts=ResourceOptions(parent=self, depends_on=[pods.deployment]),
        )

    def _static_bucket(self, name: str, args: WebArgs) -> StaticBucket:
        bucket = aws.s3.Bucket(
            f"{name}-static",
            bucket=bucket_name(
                args.place.prefix, "static", args.place.account_id, args.place.region
            ),
            force_destroy=not args.place.protect,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        child = ResourceOptions(parent=self, protect=args.place.protect)
        versioning = aws.s3.BucketVersioning(
            f"{name}-static-versions",
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=child,
        )
        self._close_to_the_public(name, bucket, args.place)
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-static-lifecycle",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire-old-versions",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=OLD_VERSIONS_KEPT_DAYS
                    ),
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=INCOMPLETE_UPLOADS_KEPT_DAYS
                    ),
                )
            ],
            # A rule on old versions is refused until the bucket keeps versions.
            opts=ResourceOptions(parent=self, protect=args.place.protect, depends_on=[versioning]),
        )
        return StaticBucket(
            name=bucket.bucket,
            arn=bucket.arn,
            regional_domain_name=bucket.bucket_regional_domain_name,
            versions=versioning,
        )

    def _close_to_the_public(self, name: str, bucket: aws.s3.Bucket, place: Place) -> None:
        owner_only(
            f"{name}-static",
            bucket,
            region=None,
            parent=self,
            protect=place.protect,
            block_suffix="not-public",
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-static-encryption",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=ResourceOptions(parent=self, protect=place.protect),
        )
