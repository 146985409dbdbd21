"""The distribution's access log: delivered to a bucket of its own in the stack's region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.log_bucket import LogBucket, LogBucketArgs
from components.shared.place import Place
from rendering.shared.bucket_documents import EDGE_LOGS_REGION, bucket_name

RECORD_FIELDS = (
    "date",
    "time",
    "x-edge-location",
    "c-ip",
    "cs-method",
    "x-host-header",
    "cs-uri-stem",
    "cs-protocol",
    "cs-protocol-version",
    "cs(User-Agent)",
    "sc-status",
    "sc-bytes",
    "cs-bytes",
    "time-taken",
    "time-to-first-byte",
    "sc-content-type",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
    "x-edge-request-id",
    "ssl-protocol",
    "ssl-cipher",
)
"""Enough to count, to time and to find abuse. Query strings, cookies and referrers are left out:
a search for a patient would be in them. Names: CloudFront guide, "Log file fields"."""


@dataclass(frozen=True, kw_only=True)
class AccessLogArgs:
    """What is logged, and how long; account and region name the bucket for good."""

    place: Place

    distribution_arn: Input[str]
    """The distribution whose requests are logged."""

    retention_days: int
    """How many days the log is kept."""


class AccessLog(ComponentResource):
    """The bucket of the log, and what delivers to it.

    It is standard logging, version 2: what is recorded can be chosen, the bucket needs no ACLs and
    may stand in any region, so that nothing is kept outside the stack's own. Its three resources
    are CloudWatch's and exist in us-east-1 alone (CloudFront guide, "Configure standard logging
    (v2)").
    """

    bucket_name: Output[str]

    def __init__(self, name: str, args: AccessLogArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"retentionDays": args.retention_days, "fields": len(RECORD_FIELDS)}
        super().__init__("researchflow:edge:AccessLog", name, summary, opts)
        child = ResourceOptions(parent=self)
        bucket = LogBucket(
            f"{name}-bucket",
            LogBucketArgs(
                place=args.place,
                bucket=bucket_name(
                    args.place.prefix, "logs", args.place.account_id, args.place.region
                ),
                region=None,
                retention_days=args.retention_days,
            ),
            child,
        )
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-source",
            name=f"{args.place.prefix}-edge",
            log_type="ACCESS_LOGS",
            resource_arn=args.distribution_arn,
            region=EDGE_LOGS_REGION,
            opts=child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-destination",
            name=f"{args.place.prefix}-edge",
            delivery_destination_configuration=aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs(
                destination_resource_arn=bucket.bucket_arn
            ),
            output_format="json",
            region=EDGE_LOGS_REGION,
            opts=child,
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(RECORD_FIELDS),
            region=EDGE_LOGS_REGION,
            opts=ResourceOptions(parent=self, depends_on=[bucket.writable]),
        )
        self.bucket_name = bucket.bucket_name
        self.register_outputs({"bucketName": self.bucket_name})
