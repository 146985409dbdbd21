"""What is simulated is what is deployed: every number comes from the recorded objects."""

import pytest

from rf.simulate.configured import configured_workers
from rf.simulate.formula import SimulationError
from rf.simulate.signals import Observation, PodCpu
from tests.commands.simulate.simulation_cases import (
    DEPLOYMENT,
    configured,
    plan_with,
    resource,
    spec_of,
)


def test_the_scaled_object_decides_what_is_simulated():
    spec = spec_of("medium", minReplicaCount=3, maxReplicaCount=7)
    found = configured(spec)
    assert (found.scaling.least, found.scaling.most) == (3, 7)
    assert found.scaling.cached_seconds is None
    assert (found.grace_seconds, found.job_timeout_seconds, found.slots) == (315, 300, 1)
    for trigger in spec["triggers"]:
        trigger["useCachedMetrics"] = True
    assert configured(spec).scaling.cached_seconds == 15


def test_the_plans_hpa_is_read_where_no_keda_is():
    metrics = [
        {
            "type": "External",
            "external": {
                "metric": {
                    "name": "redis_queue_length",
                    "selector": {"matchLabels": {"queue": "analysis"}},
                },
                "target": {"type": "AverageValue", "averageValue": "5"},
            },
        },
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 70},
            },
        },
    ]
    spec = {
        "scaleTargetRef": {"name": "worker"},
        "minReplicas": 2,
        "maxReplicas": 20,
        "metrics": metrics,
    }
    hpa = resource("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", spec)
    found = configured_workers(plan_with(DEPLOYMENT, hpa))
    assert found.autoscaler == "HPA"
    queue, cpu = found.scaling.signals
    seen = Observation(waiting={"analysis": 50}, active={}, pods=[PodCpu(cpu_percent=140)] * 2)
    assert (queue.wanted(seen), cpu.wanted(seen)) == (10, 4)


@pytest.mark.parametrize(
    ("resources", "said"),
    [((), "no Deployment"), ((DEPLOYMENT,), "nothing .* scales")],
)
def test_a_plan_without_workers_cannot_be_simulated(resources, said):
    with pytest.raises(SimulationError, match=said):
        configured_workers(plan_with(*resources))


def test_a_formula_over_a_trigger_that_is_not_there_is_refused():
    spec = spec_of()
    spec["advanced"]["scalingModifiers"]["formula"] = "float(analysis_waiting)"
    with pytest.raises(SimulationError, match="analysis_waiting"):
        configured(spec)
