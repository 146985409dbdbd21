"""Dashboards of what is around it: jobs, the cluster, the edge."""

from __future__ import annotations

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, Subject
from rendering.observability.dashboards.panel import Board, single

_APPS = f'namespace="{APPLICATION_NAMESPACE}"'


def queue(subject: Subject) -> Board:
    """Jobs and the workers that they call for."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    graphs = [
        single("Waiting jobs", "worker:queue_depth", "{{queue}}", "short", plan.queue_depth),
        single(
            "Workers",
            f'kube_horizontalpodautoscaler_status_current_replicas{{{_APPS},horizontalpodautoscaler=~".*worker"}}',
            "pods",
        ),
    ]
    if not subject.uses_rabbitmq:
        graphs.insert(
            1,
            single(
                "Oldest waiting job",
                "worker:oldest_job_seconds",
                "{{queue}}",
                "s",
                own.oldest_job_seconds,
            ),
        )
        graphs.insert(2, single("Paused jobs", "worker:paused_jobs", "{{queue}}"))
        keys = 'redis_key_size{store="queue"}'
        graphs.append(single("Every key of the queues", keys, "{{key}}"))
    if subject.uses_keda:
        read = f'keda_scaler_metrics_value{{scaledObject="worker",{_APPS}}}'
        graphs.append(single("What KEDA reads", read, "{{metric}}"))
    return Board(name="queue", title="ResearchFlow / Queue", rows=(("Jobs", tuple(graphs)),))


def platform(subject: Subject) -> Board:
    """Nodes, pods without a place, volumes, certificates, backups."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    pending = 'sum by (namespace) (kube_pod_status_phase{phase="Pending"})'
    days = "min by (dimension_CertificateArn) (aws_certificatemanager_days_to_expiry_minimum)"
    graphs = [
        single(
            "CPU of nodes", "node:cpu_used_percent", "{{node}}", "percent", plan.cpu_utilization
        ),
        single(
            "Memory of nodes",
            "node:memory_used_percent",
            "{{node}}",
            "percent",
            plan.memory_utilization,
        ),
        single("Pods without a place", pending, "{{namespace}}"),
        single(
            "Free space of volumes",
            "volume:free_percent",
            "{{namespace}} {{persistentvolumeclaim}}",
            "percent",
            own.volume_free_percent,
            below=True,
        ),
        single(
            "Days until a certificate ends",
            days,
            "{{dimension_CertificateArn}}",
            "d",
            own.certificate_days,
            below=True,
        ),
    ]
    if subject.settings.nodes.karpenter:
        share = (
            "100 * sum by (nodepool, resource_type) (karpenter_nodepools_usage)"
            " / sum by (nodepool, resource_type) (karpenter_nodepools_limit)"
        )
        graphs.append(single("Node pools", share, "{{nodepool}} {{resource_type}}", "percent"))
    return Board(
        name="platform", title="ResearchFlow / Platform", rows=(("Cluster", tuple(graphs)),)
    )


def edge(subject: Subject) -> Board:
    """CloudFront and the load balancer, as AWS counts them."""
    latency = subject.plan.thresholds.response_latency
    balancer = "{{dimension_LoadBalancer}}"
    return Board(
        name="edge",
        title="ResearchFlow / Edge",
        rows=(
            (
                "CloudFront",
                (
                    single("Requests a minute", "sum(aws_cloudfront_requests_sum)", "requests"),
                    single(
                        "Errors of ours",
                        "max(aws_cloudfront_5xx_error_rate_average)",
                        "5xx",
                        "percent",
                    ),
                    single(
                        "Errors of clients",
                        "max(aws_cloudfront_4xx_error_rate_average)",
                        "4xx",
                        "percent",
                    ),
                    single(
                        "Sent a minute",
                        "sum(aws_cloudfront_bytes_downloaded_sum)",
                        "bytes",
                        "bytes",
                    ),
                ),
            ),
            (
                "Load balancer",
                (
                    single(
                        "Requests a minute",
                        "max by (dimension_LoadBalancer) (aws_applicationelb_request_count_sum)",
                        balancer,
                    ),
                    single(
                        "Latency p99",
                        "max by (dimension_LoadBalancer)"
                        " (aws_applicationelb_target_response_time_p99)",
                        balancer,
                        "s",
                        latency,
                    ),
                    single(
                        "Healthy pods",
                        "min by (dimension_TargetGroup)"
                        " (aws_applicationelb_healthy_host_count_minimum)",
                        "{{dimension_TargetGroup}}",
                    ),
                ),
            ),
        ),
    )
