"""The collaboration server: long sockets, slow scale-in."""

import pytest

from components.applications.collaboration import Collaboration, CollaborationArgs
from rendering.shared.endpoints import COLLABORATION
from tests.components.applications.deployed import (
    ANNOTATIONS,
    AUTOSCALER,
    BINDING,
    DEPLOYMENT,
    ENVIRONMENT,
    FIXED,
    SCALING,
    TARGETS,
    controller,
    environment,
    pod,
)
from tests.components.recorded_once import recorded_once
from tests.components.values import application_pods, target_group


@pytest.fixture
def collaboration(build):
    @recorded_once
    def run(settings=SCALING):
        def construct(opts):
            args = CollaborationArgs(
                pods=application_pods(
                    image="123456789012.dkr.ecr.us-east-1.amazonaws.com/collaboration:1.4.0",
                    settings=settings,
                    environment=ENVIRONMENT,
                    annotations=ANNOTATIONS,
                ),
                target_group=target_group(arn=TARGETS, controller_ready=controller(opts)),
            )
            return Collaboration("collaboration", args, opts)

        return build(construct)

    return run


def test_pods_with_sockets_go_one_in_ten_minutes_after_half_an_hour_of_calm(collaboration):
    spec = collaboration().inputs(AUTOSCALER, "collaboration-autoscaler")["spec"]
    assert spec["behavior"]["scaleDown"] == {
        "stabilizationWindowSeconds": 1800,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 600}],
    }
    up = spec["behavior"]["scaleUp"]
    assert up["policies"] == [{"type": "Pods", "value": 4, "periodSeconds": 60}]


def test_it_scales_on_cpu_and_on_the_memory_that_sockets_take(collaboration):
    spec = collaboration().inputs(AUTOSCALER, "collaboration-autoscaler")["spec"]
    targets = {
        m["resource"]["name"]: m["resource"]["target"]["averageUtilization"]
        for m in spec["metrics"]
    }
    assert targets == {"cpu": 70, "memory": 80}


def test_the_autoscaler_alone_owns_the_number_of_pods(collaboration):
    name = "collaboration-workload-pods"
    assert "replicas" not in collaboration(SCALING).inputs(DEPLOYMENT, name)["spec"]
    fixed = collaboration(FIXED)
    assert fixed.inputs(DEPLOYMENT, name)["spec"]["replicas"] == 2
    assert fixed.of_type(AUTOSCALER) == []


def test_a_stopping_pod_outlives_the_time_its_sockets_have_to_move(collaboration):
    grace = pod(collaboration(), "collaboration")["terminationGracePeriodSeconds"]
    assert grace > COLLABORATION.drain_seconds >= 120


def test_it_listens_where_its_target_group_sends(collaboration):
    built = collaboration()
    assert environment(built, "collaboration")["PORT"] == "1234"
    binding = built.inputs(BINDING, "collaboration-targets")["spec"]
    assert binding["serviceRef"] == {"name": "collaboration", "port": 1234}
