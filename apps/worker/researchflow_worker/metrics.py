"""What Prometheus counts of this process. Labels hold names of queues, never identifiers."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

JOBS = Counter("worker_jobs", "Jobs that ended, by how.", ["queue", "outcome"])
RUNNING = Gauge("worker_jobs_running", "Jobs in hand.", ["queue"])
DURATION = Histogram(
    "worker_job_duration_seconds",
    "From a job's start to its end, waits for stores included.",
    ["queue"],
    buckets=(0.1, 0.5, 1, 2, 5, 15, 30, 60, 120, 300),
)
RETRIES = Counter("worker_database_retries", "Transactions tried again.", ["error"])
FLAGS = Counter("worker_flag_lookups", "Feature flags looked up, by where.", ["source"])
