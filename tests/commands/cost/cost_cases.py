"""A load, and a short list of round prices, for tests whose bills are worked out by hand."""

from __future__ import annotations

from scaleplan.cost.prices import PriceBook, read_prices
from scaleplan.load import Load
from scaleplan.model import load_plan

WORKED_ASSUMPTIONS = {
    "job_seconds": 30.0,
    "peak_factor": 3.0,
    "request_cpu_milliseconds": 5.0,
    "response_bytes": 20_000.0,
    "page_loads_per_user_hour": 1.0,
    "page_bytes": 3_000_000.0,
    "sockets_per_user": 2.0,
    "socket_kib": 128.0,
    "storage_factor": 2.0,
}
"""What the bill worked out by hand takes for granted, whatever the plan's file says."""


def a_load(
    *,
    concurrent_users: float = 50,
    requests_per_second: float = 10,
    data_volume_gb: float = 10,
    worker_jobs_per_hour: float = 100,
    job_seconds: float = 30.0,
) -> Load:
    """A load; the plan's present one unless said otherwise."""
    assumed = WORKED_ASSUMPTIONS | {"job_seconds": job_seconds}
    return Load(
        name="current",
        concurrent_users=concurrent_users,
        requests_per_second=requests_per_second,
        data_volume_gb=data_volume_gb,
        final_data_volume_gb=data_volume_gb,
        worker_jobs_per_hour=worker_jobs_per_hour,
        assumptions=load_plan().assumed.model_copy(update=assumed),
    )


HAND_WORKED_PRICES = {
    "nat:gateway": ("hour", "0.045"),
    "nat:data": ("gb", "0.045"),
    "ipv4:address": ("hour", "0.005"),
    "endpoint:interface": ("hour", "0.01"),
    "endpoint:data": ("gb", "0.01"),
    "transfer:between-zones": ("gb", "0.01"),
    "kms:key": ("month", "1.00"),
    "kms:requests": ("million", "3.00"),
    "secrets-manager:secret": ("month", "0.40"),
    "ecr:storage": ("gb-month", "0.10"),
    "s3:storage": ("gb-month", "0.023"),
    "s3:writes": ("million", "5.00"),
    "s3:reads": ("million", "0.40"),
    "logs:ingested": ("gb", "0.50"),
    "logs:stored": ("gb-month", "0.03"),
    "cloudwatch:alarm": ("month", "0.10"),
    "cloudtrail:data-events": ("million", "1.00"),
    "eks:cluster": ("hour", "0.10"),
    "ec2:m7g.xlarge": ("hour", "0.1632"),
    "ebs:gp3": ("gb-month", "0.08"),
    "rds:db.t4g.large": ("hour", "0.129"),
    "rds-storage:gp3": ("gb-month", "0.115"),
    "rds-backup:storage": ("gb-month", "0.095"),
    "elasticache:cache.t4g.small": ("hour", "0.032"),
    "elasticache-backup:storage": ("gb-month", "0.085"),
    "alb:balancer": ("hour", "0.0225"),
    "alb:capacity-unit": ("hour", "0.008"),
    "cloudfront:data": ("gb", "0.085"),
    "cloudfront:requests": ("million", "1.00"),
    "cloudfront:functions": ("million", "0.10"),
}


def hand_worked_book(without: str = "") -> PriceBook:
    """The round prices, less the one key named."""
    entries = [
        f'  - {{key: "{key}", region: us-east-1, unit: {unit}, usd: "{usd}", date: 2026-11-25,'
        ' source: "worked by hand", trust: good}'
        for key, (unit, usd) in HAND_WORKED_PRICES.items()
        if key != without
    ]
    offers = (
        'commitments:\n  - {service: rds, plan: a year, percent: "30", date: 2026-11-25,'
        ' source: "worked by hand", trust: good}\n'
    )
    return read_prices("\n".join(["prices:", *entries, offers]))
