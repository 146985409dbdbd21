"""The plan's numbers layer by layer: what the components are built from, equal in all sizes."""

from __future__ import annotations

from typing import Literal

from scaleplan.applications.workload_settings import ScalingBehavior
from scaleplan.sizes import Section


class ProbeTimes(Section):
    """When a probe first runs, and how often after that."""

    initial_delay_seconds: int
    period_seconds: int


class PodResources(Section):
    """What a pod is promised (requests) and what it may take at most (limits)."""

    memory_request_mib: int
    cpu_request_millicores: int
    memory_limit_mib: int
    cpu_limit_millicores: int


class PgbouncerPlan(Section):
    """PgBouncer as the plan configures it ("PgBouncer Configuration", "Kubernetes Deployment").

    Pods and pools are the sizes' own (`PgbouncerSettings`).
    """

    listen_port: int
    service_port: int
    database_alias: str
    database_name: str
    pool_mode: Literal["transaction", "session", "statement"]
    reserve_pool_timeout_seconds: int
    server_idle_timeout_seconds: int
    server_connect_timeout_seconds: int
    query_timeout_seconds: int
    resources: PodResources
    liveness_probe: ProbeTimes
    readiness_probe: ProbeTimes


class ConnectionPools(Section):
    """Most connections that one orchestrator pod opens to the primary and to the replicas."""

    primary_max: int
    replica_max: int


class ReplicationPlan(Section):
    """Streaming replication: when it pays, how many replicas, and PostgreSQL's own settings."""

    from_concurrent_users: int
    replicas: int
    engine_major_version: int
    max_wal_senders: int
    max_replication_slots: int
    wal_keep_size_mib: int
    synchronous_commit: Literal["on", "off"]


class JobDefaults(Section):
    """What a job gets unless its producer says otherwise; `keep_*` are counts of finished jobs."""

    attempts: int
    backoff_type: Literal["exponential", "fixed"]
    backoff_delay_milliseconds: int
    timeout_seconds: int
    keep_completed: int
    keep_failed: int
    default_priority: int


class QueuePlan(Section):
    """The job queues by name, the name of their jobs, and the defaults of a job."""

    names: tuple[str, ...]
    job_name: str
    job: JobDefaults


class ScalingPolicy(Section):
    """One direction of an autoscaler: how far it looks back, how many pods a period it moves."""

    stabilization_window_seconds: int
    pods: int
    period_seconds: int


class WorkerHpaPlan(Section):
    """The plan's autoscaler of the workers: jobs waiting per replica, CPU, and both directions."""

    queue_metric: str
    queue_length_per_replica: int
    cpu_utilization_percent: int
    scale_up: ScalingPolicy
    scale_down: ScalingPolicy


class KedaPlan(Section):
    """The plan's KEDA alternative: polling, cooldown and jobs waiting per replica."""

    polling_interval_seconds: int
    cooldown_period_seconds: int
    list_length: int


class AutoscalingPlan(Section):
    """Worker scaling."""

    worker_hpa: WorkerHpaPlan
    prompt_scale_up: ScalingPolicy
    keda: KedaPlan

    def behaving(self, behavior: ScalingBehavior) -> AutoscalingPlan:
        """The same with workers that are added so fast."""
        if behavior is ScalingBehavior.PLAN:
            return self
        hpa = self.worker_hpa.model_copy(update={"scale_up": self.prompt_scale_up})
        return self.model_copy(update={"worker_hpa": hpa})


class WorkflowsPlan(Section):
    """Temporal workflows: their task queue, and the limits of an activity.

    `namespace` is Temporal's own, which holds workflows apart; it is no namespace of Kubernetes.
    """

    start_to_close_timeout_seconds: int
    maximum_attempts: int
    task_queue: str
    namespace: str
    history_shards: int


class CachePattern(Section):
    """How long one kind of entry lives."""

    name: str
    ttl_seconds: int


class CachePatternPlan(Section):
    """The kinds of cache entries."""

    user_session: CachePattern
    api_responses: CachePattern
    feature_flags: CachePattern
    literature_search: CachePattern
    ai_responses: CachePattern


class CacheClientPlan(Section):
    """Settings of the orchestrator's cache client (ioredis)."""

    max_retries_per_request: int
    enable_ready_check: bool
    lazy_connect: bool


class CacheBehavior(Section):
    """What the CDN accepts and keeps on one path."""

    path_pattern: str
    allowed_methods: tuple[str, ...]
    cached_methods: tuple[str, ...]
    viewer_protocol_policy: str
    min_ttl_seconds: int
    default_ttl_seconds: int
    max_ttl_seconds: int


class PublicApiPlan(Section):
    """The part of the API that may be cached, and for how long."""

    path_prefix: str
    max_age_seconds: int
    stale_while_revalidate_seconds: int

    @property
    def cache_control(self) -> str:
        """The `Cache-Control` header of these responses."""
        return (
            f"public, max-age={self.max_age_seconds}, "
            f"stale-while-revalidate={self.stale_while_revalidate_seconds}"
        )


class CacheControlPlan(Section):
    """`Cache-Control` of the responses that are not the public API's."""

    mutation: str
    authenticated: str


class EdgePlan(Section):
    """The CDN: its behaviours, the cacheable part of the API, and TLS towards both sides."""

    default_root_object: str
    http_port: int
    https_port: int
    origin_protocol_policy: str
    origin_tls_versions: tuple[str, ...]
    viewer_tls_version: str
    ssl_support_method: str
    geo_restriction: str
    static_behavior: CacheBehavior
    api_behavior: CacheBehavior
    public_api: PublicApiPlan
    cache_control: CacheControlPlan
