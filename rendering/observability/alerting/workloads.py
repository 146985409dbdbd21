"""Alerts on pods, nodes and what scales them."""

from __future__ import annotations

from rendering.observability.alerting.rule import Alert, Route, Severity, graded
from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, Subject

_BEYOND_SCALING = (
    "Longer than an autoscaler looks back (1 min), Karpenter buys a machine (2 min) and a pod"
    " starts (2 min): before that the stack is still helping itself."
)
_BEYOND_A_PEAK = "A peak of a few minutes is work, not a shortage."


def workload_alerts(subject: Subject) -> list[Alert]:
    """CPU, memory and latency at the plan's thresholds, and autoscalers that can't act."""
    thresholds = subject.plan.thresholds
    cpu, memory = thresholds.cpu_utilization, thresholds.memory_utilization
    latency = thresholds.response_latency
    cpu_warning, cpu_critical = graded(
        "WorkloadCpuHigh",
        "workload:cpu_used_percent",
        cpu,
        minutes=(15, 10),
        because=_BEYOND_SCALING,
        summary="{{ $labels.workload }} uses {{ $value | humanize }} % of the CPU it requests.",
        action=f"{cpu.action}: raise maxReplicas of {{{{ $labels.workload }}}} in the stack file.",
    )
    return [
        # As long as the autoscaler has pods to add, it is doing what the plan asks for, and its own
        # target is this very threshold. Where there is none, or it tells nothing, this warns.
        _with(cpu_warning, "unless on (workload) (workload:autoscaler_has_room == 1)"),
        cpu_critical,
        *graded(
            "WorkloadMemoryHigh",
            "workload:memory_used_percent",
            memory,
            minutes=(10, 5),
            because="Memory that a burst of requests took is given back within minutes.",
            summary="A pod of {{ $labels.workload }} uses {{ $value | humanize }} % of its memory.",
            action=f"{memory.action}: raise memoryMib of {{{{ $labels.workload }}}}.",
        ),
        *graded(
            "ResponseLatencyHigh",
            "service:latency_p99_seconds",
            latency,
            minutes=(10, 5),
            because="The percentile of few requests jumps; over ten scrapes and more it is steady.",
            summary="1 % of {{ $labels.service }}'s requests take over {{ $value | humanize }} s.",
            action=f"{latency.action}: database, pool and cache first, then add replicas.",
        ),
        *_node_alerts(subject),
        *_autoscaler_alerts(subject),
    ]


def _node_alerts(subject: Subject) -> list[Alert]:
    thresholds = subject.plan.thresholds
    cpu, memory = thresholds.cpu_utilization, thresholds.memory_utilization
    return [
        *graded(
            "NodeCpuHigh",
            "node:cpu_used_percent",
            cpu,
            minutes=(30, 15),
            because="A machine filled with work is money well spent; only without end it is short.",
            summary="Node {{ $labels.node }} uses {{ $value | humanize }} % of its CPU.",
            action=f"{cpu.action}: raise nodes.system.maxNodes, or what its pods request.",
            routes=(Route.TICKET, Route.TICKET),
        ),
        *graded(
            "NodeMemoryHigh",
            "node:memory_used_percent",
            memory,
            minutes=(15, 5),
            because=_BEYOND_A_PEAK,
            summary="Node {{ $labels.node }} uses {{ $value | humanize }} % of its memory.",
            action=f"{memory.action}: a larger nodes.system.instanceClass, or smaller pods.",
        ),
    ]


def _autoscaler_alerts(subject: Subject) -> list[Alert]:
    return [
        Alert(
            name="AutoscalerAtMaximum",
            expr=(
                f'workload:autoscaler_has_room{{workload=~"{"|".join(subject.autoscaled())}"}} == 0'
            ),
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=15,
            because="A burst may take all pods for a while: that is what the maximum is for.",
            summary="{{ $labels.workload }} has run at its most pods for a quarter of an hour.",
            action="Scale out: raise its maxReplicas, after a look at what the pods wait for.",
        ),
        Alert(
            name="AutoscalerTriggerFailing",
            expr=_trigger_failing(subject),
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=5,
            because="One failed read is a failover; meanwhile no pod is taken away.",
            summary="The autoscaler of {{ $labels.workload }} can't read what it scales on.",
            action="Restore the metric's source; meanwhile set the number of pods by hand.",
        ),
    ]


def _trigger_failing(subject: Subject) -> str:
    """What the autoscaler says of itself, and where KEDA reads, what KEDA says.

    While CPU asks for as many pods as there are, the autoscaler is content without the queue. KEDA
    counts errors of a single scaler only where it could connect, those of the whole ScaledObject
    in any case (kedacore/keda v2.20.2, pkg/scaling/scale_handler.go).
    """
    by_hpa = (
        "max by (workload) (label_replace(kube_horizontalpodautoscaler_status_condition"
        f'{{namespace="{APPLICATION_NAMESPACE}",condition="ScalingActive",status="false"}},'
        ' "workload", "$1", "horizontalpodautoscaler", "(?:keda-hpa-)?(.+)")) == 1'
    )
    if not subject.uses_keda:
        return by_hpa
    by_keda = (
        "sum by (workload) (label_replace("
        f'increase(keda_scaled_object_errors_total{{namespace="{APPLICATION_NAMESPACE}"}}[5m]),'
        ' "workload", "$1", "scaledObject", "(.+)")) > 0'
    )
    return f"({by_hpa}) or ({by_keda})"


def _with(alert: Alert, condition: str) -> Alert:
    return Alert(**{**vars(alert), "expr": f"{alert.expr} {condition}"})
