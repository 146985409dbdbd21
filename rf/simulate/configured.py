"""The workers as a recorded plan deploys them: autoscaler, pods and node pool, from its objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from rf.kubernetes.apps import DEPLOYMENT
from rf.kubernetes.autoscaling import AUTOSCALER
from rf.kubernetes.karpenter import NODE_POOL
from rf.kubernetes.keda import SCALED_OBJECT
from rf.shared.plan import RecordedPlan, redact
from rf.simulate.behavior import Behavior
from rf.simulate.formula import Formula, SimulationError
from rf.simulate.machines import NodePool
from rf.simulate.run import Scaling
from rf.simulate.signals import CpuSignal, QueueSignal, Signal, SignalReading
from rf.simulate.triggers import readings_of
from scaleplan.applications.workloads import WORKER
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.cluster.node_pools import FAMILY_MEMORY_MIB_PER_VCPU

_POOL_LABEL = "researchflow/pool"

_MEBIBYTES = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "Ti": 1024**2}
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True)
class ConfiguredWorkers:
    """What the plan says of the workers; `autoscaler` names what scales them."""

    autoscaler: str
    scaling: Scaling
    readings: tuple[SignalReading, ...]
    polling_seconds: int | None
    queues: tuple[str, ...]
    slots: int
    grace_seconds: int
    job_timeout_seconds: int
    pool: NodePool | None


def configured_workers(plan: RecordedPlan) -> ConfiguredWorkers:
    """Read the plan's objects.

    Raises SimulationError where one is missing or can't be simulated.
    """
    deployment = _only(plan, DEPLOYMENT, lambda inputs: _name(inputs) == WORKER)
    if deployment is None:
        raise SimulationError(f"the plan of {plan.stack} has no Deployment {WORKER}")
    pod = deployment["spec"]["template"]["spec"]
    container = next(each for each in pod["containers"] if each["name"] == WORKER)
    environment = {each["name"]: each.get("value") for each in container.get("env", ())}
    queues = tuple(str(environment["QUEUE_NAMES"]).split(","))
    autoscaler, scaling, polling = _scaling(plan, queues)
    return ConfiguredWorkers(
        autoscaler=autoscaler,
        scaling=scaling,
        readings=tuple(
            reading
            for signal in scaling.signals
            if isinstance(signal, QueueSignal)
            for reading in signal.readings
        ),
        polling_seconds=polling,
        queues=queues,
        slots=int(environment["WORKER_CONCURRENCY"] or 1),
        grace_seconds=int(pod["terminationGracePeriodSeconds"]),
        job_timeout_seconds=int(environment["SHUTDOWN_DRAIN_SECONDS"] or 0),
        pool=_node_pool(plan, pod, container["resources"]["requests"]),
    )


def _scaling(plan: RecordedPlan, queues: tuple[str, ...]) -> tuple[str, Scaling, int | None]:
    scaled = _only(plan, SCALED_OBJECT, _targets_worker)
    if scaled is not None:
        return "KEDA", _keda_scaling(scaled["spec"], queues), scaled["spec"]["pollingInterval"]
    autoscaler = _only(plan, AUTOSCALER, _targets_worker)
    if autoscaler is not None:
        return "HPA", _hpa_scaling(autoscaler["spec"], queues), None
    raise SimulationError(f"nothing in the plan of {plan.stack} scales {WORKER}")


def _keda_scaling(spec: Mapping[str, Any], queues: tuple[str, ...]) -> Scaling:
    advanced = spec.get("advanced") or {}
    triggers = spec["triggers"]
    signals: list[Signal] = [
        CpuSignal(target_percent=float(trigger["metadata"]["value"]))
        for trigger in triggers
        if trigger["type"] == "cpu"
    ]
    readings = readings_of(triggers, queues)
    modifiers = advanced.get("scalingModifiers")
    if modifiers:
        formula = Formula(modifiers["formula"])
        missing = formula.names - {reading.name for reading, _ in readings}
        if missing:
            raise SimulationError(f"the formula names no trigger: {', '.join(sorted(missing))}")
        every = tuple(reading for reading, _ in readings)
        target = float(modifiers["target"])
        signals.append(QueueSignal(readings=every, formula=formula, target=target))
    else:
        signals += [
            QueueSignal(readings=(reading,), formula=Formula(reading.name), target=target)
            for reading, target in readings
        ]
    cached = any(trigger.get("useCachedMetrics") for trigger in triggers)
    behavior = (advanced.get("horizontalPodAutoscalerConfig") or {}).get("behavior")
    return Scaling(
        least=int(spec["minReplicaCount"]),
        most=int(spec["maxReplicaCount"]),
        behavior=Behavior.of(behavior),
        signals=tuple(signals),
        cached_seconds=float(spec["pollingInterval"]) if cached else None,
    )


def _hpa_scaling(spec: Mapping[str, Any], queues: tuple[str, ...]) -> Scaling:
    signals: list[Signal] = []
    for number, metric in enumerate(spec["metrics"]):
        if metric["type"] == "Resource" and metric["resource"]["name"] == "cpu":
            percent = metric["resource"]["target"]["averageUtilization"]
            signals.append(CpuSignal(target_percent=float(percent)))
        elif metric["type"] == "External":
            external = metric["external"]
            labels = (external["metric"].get("selector") or {}).get("matchLabels") or {}
            queue = labels.get("queue")
            reading = SignalReading(
                name=f"metric_{number}",
                queue=queue if queue in queues else None,
                waiting=True,
                active=False,
            )
            target = _quantity(external["target"]["averageValue"])
            formula = Formula(reading.name)
            signals.append(QueueSignal(readings=(reading,), formula=formula, target=target))
        else:
            raise SimulationError(f"can't simulate a metric of type {metric['type']}")
    return Scaling(
        least=int(spec["minReplicas"]),
        most=int(spec["maxReplicas"]),
        behavior=Behavior.of(spec.get("behavior")),
        signals=tuple(signals),
    )


def _node_pool(
    plan: RecordedPlan, pod: Mapping[str, Any], requests: Mapping[str, str]
) -> NodePool | None:
    """The Karpenter pool that the workers' node selector names; None where it names none."""
    name = (pod.get("nodeSelector") or {}).get(_POOL_LABEL)
    pool = None if name is None else _only(plan, NODE_POOL, lambda each: _name(each) == name)
    if pool is None:
        return None
    spec = pool["spec"]
    allowed = {
        each["key"].rsplit("/", 1)[1]: each["values"]
        for each in spec["template"]["spec"]["requirements"]
        if each["operator"] == "In"
    }
    limits = spec.get("limits") or {}
    idle = str(spec["disruption"]["consolidateAfter"])
    return NodePool(
        node_vcpus=tuple(sorted(int(each) for each in allowed["instance-cpu"])),
        categories=tuple(
            each for each in allowed["instance-category"] if each in FAMILY_MEMORY_MIB_PER_VCPU
        ),
        limit_millicores=_millicores(limits["cpu"]) if "cpu" in limits else None,
        limit_memory_mib=_mebibytes(limits["memory"]) if "memory" in limits else None,
        idle_seconds=float(idle[:-1]) * _SECONDS[idle[-1]],
        pod=ResourceTotals(
            cpu_millicores=ceil(_millicores(requests["cpu"])),
            memory_mib=ceil(_mebibytes(requests["memory"])),
        ),
    )


def _only(plan: RecordedPlan, token: str, matches: Any) -> Mapping[str, Any] | None:
    objects: Iterable[Mapping[str, Any]] = (redact(each.inputs) for each in plan.of_type(token))
    return next((inputs for inputs in objects if matches(inputs)), None)


def _name(inputs: Mapping[str, Any]) -> str | None:
    return (inputs.get("metadata") or {}).get("name")


def _targets_worker(inputs: Mapping[str, Any]) -> bool:
    return inputs["spec"]["scaleTargetRef"]["name"] == WORKER


def _millicores(text: Any) -> float:
    text = str(text)
    return float(text[:-1]) if text.endswith("m") else float(text) * 1000


def _mebibytes(text: str) -> float:
    return float(text[:-2]) * _MEBIBYTES[text[-2:]]


def _quantity(text: Any) -> float:
    text = str(text)
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)
