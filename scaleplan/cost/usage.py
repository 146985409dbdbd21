"""What a load makes a stack use in a month: requests, traffic, storage and logs, with the grounds.

Every figure is a term with its ground, so that a bill can be argued with line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from scaleplan.assumptions import Assumptions
from scaleplan.cost.prices import HOURS_PER_MONTH
from scaleplan.load import Load

BYTES_PER_GB = 2**30
"""AWS bills transfer and storage in GB of 2^30 bytes."""

CROSSING_SHARE = Decimal(2) / 3
"""Of moves inside the VPC, those that change the zone when each of three is equally likely."""


@dataclass(frozen=True, kw_only=True)
class UsageTerm:
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
    assumed: Assumptions

    @property
    def edge_requests(self) -> Decimal:
        """Requests at the CDN: the API's, and the files of the frontend."""
        return self.requests + self.pages * exact(self.assumed.files_per_page_load)

    @property
    def bucket_writes(self) -> Decimal:
        """Writing requests to the artifacts' bucket."""
        return self.jobs * exact(self.assumed.bucket_writes_per_job)

    @property
    def bucket_reads(self) -> Decimal:
        """Reading requests to the artifacts' bucket."""
        return self.jobs * exact(self.assumed.bucket_reads_per_job)

    @property
    def kms_requests(self) -> Decimal:
        """Calls for data keys, of the buckets."""
        requests = self.bucket_writes + self.bucket_reads
        return requests * exact(self.assumed.key_requests_share)

    @property
    def balancer_units(self) -> Decimal:
        """Load balancer capacity units: the largest of its four dimensions counts (AWS, "Elastic
        Load Balancing pricing": 1 GB an hour, 3,000 connections active in a minute, 1,000 rules
        evaluated a second, 25 new connections a second). CloudFront keeps its connections."""
        hourly_gb = self.requests_per_second * 3600 * self.response_bytes / BYTES_PER_GB
        return max(hourly_gb, self.sockets / 3000, self.requests_per_second / 1000)

    def terms(self) -> tuple[UsageTerm, ...]:
        """All figures with their grounds, as a report ends with them."""
        assumed = self.assumed
        mean = "the plan's mean, all hours of the month"
        return (
            UsageTerm(name="requests to the API", value=self.requests, unit="", ground=mean),
            UsageTerm(
                name="loads of the frontend",
                value=self.pages,
                unit="",
                ground="concurrent users x page loads an hour",
            ),
            UsageTerm(name="jobs", value=self.jobs, unit="", ground=mean),
            UsageTerm(
                name="out of the CDN",
                value=self.edge_gb,
                unit="GB",
                ground="requests x response bytes + page loads x page bytes",
            ),
            UsageTerm(
                name="through NAT",
                value=self.nat_gb,
                unit="GB",
                ground=f"ours: {assumed.nat_bytes_per_job / 1e6:g} MB a job",
            ),
            UsageTerm(
                name="between zones",
                value=self.between_zones_gb,
                unit="GB",
                ground=f"ours: a response moves {assumed.response_moves:g} times, two of three"
                " change zone",
            ),
            UsageTerm(
                name="artifacts",
                value=self.artifacts_gb,
                unit="GB",
                ground=f"ours: {assumed.artifacts_per_data:g} × the database's data",
            ),
            UsageTerm(
                name="logs",
                value=self.logs_gb,
                unit="GB",
                ground=f"ours: {assumed.log_bytes_per_request / 1000:g} kB a request,"
                f" {assumed.control_plane_logs_gb:g} GB of the cluster",
            ),
        )


def usage_of(load: Load) -> Usage:
    """A month of 730 hours under that load."""
    assumed = load.assumptions
    requests = exact(load.requests_per_second) * 3600 * HOURS_PER_MONTH
    pages = exact(load.concurrent_users) * exact(assumed.page_loads_per_user_hour) * HOURS_PER_MONTH
    jobs = exact(load.worker_jobs_per_hour) * HOURS_PER_MONTH
    response = exact(assumed.response_bytes)
    moved = requests * response * exact(assumed.response_moves)
    logged = requests * exact(assumed.log_bytes_per_request)
    data_gb = exact(load.data_volume_gb) * 10**9 / BYTES_PER_GB
    return Usage(
        requests=requests,
        pages=pages,
        jobs=jobs,
        edge_gb=(requests * response + pages * exact(assumed.page_bytes)) / BYTES_PER_GB,
        nat_gb=jobs * exact(assumed.nat_bytes_per_job) / BYTES_PER_GB,
        between_zones_gb=moved * CROSSING_SHARE / BYTES_PER_GB,
        artifacts_gb=data_gb * exact(assumed.artifacts_per_data),
        logs_gb=exact(assumed.control_plane_logs_gb) + logged / BYTES_PER_GB,
        sockets=exact(load.concurrent_users) * exact(assumed.sockets_per_user),
        response_bytes=response,
        requests_per_second=exact(load.requests_per_second),
        assumed=assumed,
    )


def exact(value: float) -> Decimal:
    """The number as it is written, without a tail of binary digits or a point that says nothing."""
    return Decimal(str(value).removesuffix(".0"))
