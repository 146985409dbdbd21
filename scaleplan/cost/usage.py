"""What a load makes a stack use in a month: requests, traffic, storage and logs, with the grounds.

Every figure is a term with its ground, so that a bill can be argued with line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from scaleplan.cost.prices import HOURS_PER_MONTH
from scaleplan.load import Load

BYTES_PER_GB = 2**30
"""AWS bills transfer and storage in GB of 2^30 bytes."""

FILES_PER_PAGE = 20
"""Our assumption: files of one load of the frontend."""

ARTIFACTS_PER_DATA = Decimal(1)
"""Our assumption: artifacts take as much as the database's data; the plan names one volume."""

NAT_BYTES_PER_JOB = 5_000_000
"""Our assumption: what a job exchanges with the internet: literature sources, model answers."""

INNER_CROSSINGS = 4
"""Our assumption: times that a response's bytes move inside the VPC: load balancer to pod, pod to
pooler, pooler to database, cache to pod."""

CROSSING_SHARE = Decimal(2) / 3
"""Of moves inside the VPC, those that change the zone when each of three is equally likely."""

BUCKET_WRITES_PER_JOB = 10
BUCKET_READS_PER_JOB = 20
"""Our assumptions: requests of one job to the artifacts' bucket."""

LOG_BYTES_PER_REQUEST = 1_000
"""Our assumption: flow log, database and engine logs together, for one request."""

LOG_GB_PER_CLUSTER = Decimal(10)
"""Our assumption: EKS control plane logs of a month; the audit log is the bulk."""

KMS_REQUESTS_PER_BUCKET_REQUEST = Decimal("0.01")
"""Our assumption: bucket keys save 99 % of the calls, as AWS says of them ("up to 99 percent")."""

IMAGES_GB = Decimal(20)
"""Our assumption: images kept in the registry, four repositories of a few versions each."""

ENDPOINT_GB_PER_NODE = Decimal(1)
"""Our assumption: calls of a node and its pods to AWS in a month; image layers come from S3."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One figure of usage, a month's unless its unit says otherwise, and where it comes from."""

    name: str
    value: Decimal
    unit: str
    ground: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A month's usage. Counts are single ones, amounts are GB of 2^30 bytes."""

    requests: Decimal
    pages: Decimal
    jobs: Decimal
    edge_gb: Decimal
    nat_gb: Decimal
    between_zones_gb: Decimal
    artifacts_gb: Decimal
    logs_gb: Decimal
    sockets: Decimal
    response_bytes: Decimal
    requests_per_second: Decimal

    @property
    def edge_requests(self) -> Decimal:
        """Requests at the CDN: the API's, and the files of the frontend."""
        return self.requests + self.pages * FILES_PER_PAGE

    @property
    def bucket_writes(self) -> Decimal:
        """Writing requests to the artifacts' bucket."""
        return self.jobs * BUCKET_WRITES_PER_JOB

    @property
    def bucket_reads(self) -> Decimal:
        """Reading requests to the artifacts' bucket."""
        return self.jobs * BUCKET_READS_PER_JOB

    @property
    def kms_requests(self) -> Decimal:
        """Calls for data keys, of the buckets."""
        return (self.bucket_writes + self.bucket_reads) * KMS_REQUESTS_PER_BUCKET_REQUEST

    @property
    def balancer_units(self) -> Decimal:
        """Load balancer capacity units: the largest of its four dimensions counts (AWS, "Elastic
        Load Balancing pricing": 1 GB an hour, 3,000 connections active in a minute, 1,000 rules
        evaluated a second, 25 new connections a second). CloudFront keeps its connections."""
        hourly_gb = self.requests_per_second * 3600 * self.response_bytes / BYTES_PER_GB
        return max(hourly_gb, self.sockets / 3000, self.requests_per_second / 1000)

    def terms(self) -> tuple[Term, ...]:
        """All figures with their grounds, as a report ends with them."""
        mean = "the plan's mean, all hours of the month"
        return (
            Term(name="requests to the API", value=self.requests, unit="", ground=mean),
            Term(
                name="loads of the frontend",
                value=self.pages,
                unit="",
                ground="concurrent users x page loads an hour",
            ),
            Term(name="jobs", value=self.jobs, unit="", ground=mean),
            Term(
                name="out of the CDN",
                value=self.edge_gb,
                unit="GB",
                ground="requests x response bytes + page loads x page bytes",
            ),
            Term(
                name="through NAT",
                value=self.nat_gb,
                unit="GB",
                ground=f"ours: {NAT_BYTES_PER_JOB / 1e6:g} MB a job",
            ),
            Term(
                name="between zones",
                value=self.between_zones_gb,
                unit="GB",
                ground=f"ours: a response moves {INNER_CROSSINGS} times, two of three change zone",
            ),
            Term(
                name="artifacts",
                value=self.artifacts_gb,
                unit="GB",
                ground="ours: as much as the database's data",
            ),
            Term(
                name="logs",
                value=self.logs_gb,
                unit="GB",
                ground=f"ours: {LOG_BYTES_PER_REQUEST / 1000:g} kB a request,"
                f" {LOG_GB_PER_CLUSTER} GB of the cluster",
            ),
        )


def usage_of(load: Load) -> Usage:
    """A month of 730 hours under that load."""
    assumed = load.assumptions
    requests = _decimal(load.requests_per_second) * 3600 * HOURS_PER_MONTH
    pages = (
        _decimal(load.concurrent_users)
        * _decimal(assumed.page_loads_per_user_hour)
        * HOURS_PER_MONTH
    )
    jobs = _decimal(load.worker_jobs_per_hour) * HOURS_PER_MONTH
    response = _decimal(assumed.response_bytes)
    data_gb = _decimal(load.data_volume_gb) * 10**9 / BYTES_PER_GB
    return Usage(
        requests=requests,
        pages=pages,
        jobs=jobs,
        edge_gb=(requests * response + pages * _decimal(assumed.page_bytes)) / BYTES_PER_GB,
        nat_gb=jobs * NAT_BYTES_PER_JOB / BYTES_PER_GB,
        between_zones_gb=requests * response * INNER_CROSSINGS * CROSSING_SHARE / BYTES_PER_GB,
        artifacts_gb=data_gb * ARTIFACTS_PER_DATA,
        logs_gb=LOG_GB_PER_CLUSTER + requests * LOG_BYTES_PER_REQUEST / BYTES_PER_GB,
        sockets=_decimal(load.concurrent_users) * _decimal(assumed.sockets_per_user),
        response_bytes=response,
        requests_per_second=_decimal(load.requests_per_second),
    )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
