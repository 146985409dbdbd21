"""Services whose control plane stands in one region for all: what can't be changed while it is
lost, and what goes on.

Source of all rows: AWS, "AWS Fault Isolation Boundaries", section "Global services"
(https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html).
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = (
    "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/"
    "global-services.html"
)

HOME = "us-east-1"
"""Where the control planes of the table stand, in the partition `aws`."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """One such service. `service` is its name in the API, `tokens` how its resources' types begin.

    `operations` narrows it to operations that begin so; without any, all change something.
    `edge` marks what stands in that region only because CloudFront takes it from there.
    """

    name: str
    service: str
    tokens: tuple[str, ...]
    goes_on: str
    operations: tuple[str, ...] = ()
    edge: bool = False

    def denies(self, service: str, operation: str) -> bool:
        """Whether the operation needs this control plane."""
        if service != self.service:
            return False
        return not self.operations or operation.startswith(self.operations)


CONTROL_PLANES = (
    ControlPlane(
        name="IAM",
        service="iam",
        tokens=("aws:iam/",),
        goes_on="roles and policies that exist are evaluated in every region",
    ),
    ControlPlane(
        name="Route 53, records and health checks",
        service="route53",
        tokens=("aws:route53/",),
        goes_on="names are answered, health is checked, and failover records switch by it",
    ),
    ControlPlane(
        name="CloudFront",
        service="cloudfront",
        tokens=("aws:cloudfront/",),
        goes_on="distributions, functions and key value stores serve as they are",
    ),
    ControlPlane(
        name="ACM, certificates of CloudFront",
        service="acm",
        tokens=("aws:acm/",),
        goes_on="certificates that were issued are served until they end; none is renewed",
        edge=True,
    ),
    ControlPlane(
        name="WAF of CloudFront",
        service="wafv2",
        tokens=("aws:wafv2/",),
        goes_on="rules inspect at the edge as they are",
        edge=True,
    ),
    ControlPlane(
        name="S3, making and configuring buckets in any region",
        service="s3",
        tokens=("aws:s3/bucket",),
        goes_on="objects are read, written and replicated between other regions",
        operations=("CreateBucket", "DeleteBucket", "PutBucket", "PutPublicAccessBlock"),
    ),
)

_OBJECTS = ("aws:s3/bucketObject",)
"""Types that the prefix of buckets would take in, and that are data."""


def control_plane_of(token: str, region: str) -> ControlPlane | None:
    """The control plane in `HOME` that a change of such a resource needs; None for none.

    `region` is where the resource stands. What stands in `HOME` itself, and is regional, is none.
    """
    if token.startswith(_OBJECTS):
        return None
    for plane in CONTROL_PLANES:
        if token.startswith(plane.tokens) and (not plane.edge or region == HOME):
            return plane
    return None


def control_plane_needed(service: str, operation: str, region: str) -> ControlPlane | None:
    """The control plane in `HOME` that a call needs; None for none."""
    for plane in CONTROL_PLANES:
        if plane.denies(service, operation) and (not plane.edge or region == HOME):
            return plane
    return None
