"""The orchestrator, and with it what every application's pods have in common."""

import pytest

from components.applications.orchestrator import Orchestrator, OrchestratorArgs
from tests.components.applications.deployed import (
    ANNOTATIONS,
    AUTOSCALER,
    BINDING,
    BUDGET,
    DEPLOYMENT,
    ENVIRONMENT,
    FIXED,
    SCALING,
    SERVICE,
    TARGETS,
    container,
    controller,
    environment,
    pod,
)
from tests.components.recorded_once import recorded_once
from tests.components.values import application_pods, target_group


@pytest.fixture
def orchestrator(build):
    @recorded_once
    def run(settings=SCALING):
        def construct(opts):
            ready = controller(opts)
            args = OrchestratorArgs(
                pods=application_pods(
                    image="123456789012.dkr.ecr.us-east-1.amazonaws.com/orchestrator:1.4.0",
                    settings=settings,
                    environment=ENVIRONMENT,
                    annotations=ANNOTATIONS,
                    node_selector={"researchflow/pool": "applications"},
                ),
                target_group=target_group(arn=TARGETS, controller_ready=ready),
                role=ready,
                requests_per_pod=28,
                metrics_ready=ready,
            )
            return Orchestrator("orchestrator", args, opts)

        return build(construct)

    return run


def deployment(built):
    return built.inputs(DEPLOYMENT, "orchestrator-workload-pods")["spec"]


def test_the_autoscaler_alone_owns_the_number_of_pods(orchestrator):
    built = orchestrator(SCALING)
    assert "replicas" not in deployment(built)
    spec = built.inputs(AUTOSCALER, "orchestrator-autoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 5)
    assert spec["scaleTargetRef"]["name"] == "orchestrator"
    requests, metric = spec["metrics"]
    assert metric["resource"]["name"] == "cpu"
    assert metric["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert requests["pods"] == {
        "metric": {"name": "http_requests_per_second"},
        "target": {"type": "AverageValue", "averageValue": "28"},
    }


def test_a_fixed_size_has_replicas_and_no_autoscaler(orchestrator):
    built = orchestrator(FIXED)
    assert deployment(built)["replicas"] == 2
    assert built.of_type(AUTOSCALER) == []


def test_the_pod_gets_the_plans_memory_and_cpu(orchestrator):
    resources = container(orchestrator(), "orchestrator")["resources"]
    assert resources["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert resources["limits"]["memory"] == "1Gi"


def test_the_pod_meets_the_restricted_standard(orchestrator):
    built = orchestrator()
    spec, main = pod(built, "orchestrator"), container(built, "orchestrator")
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert main["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert main["securityContext"]["readOnlyRootFilesystem"]
    assert not main["securityContext"]["allowPrivilegeEscalation"]
    assert not main["securityContext"]["privileged"]


def test_no_token_of_the_api_server_reaches_the_pod(orchestrator):
    built = orchestrator()
    (account,) = built.of_type("kubernetes:core/v1:ServiceAccount")
    assert account.inputs["automountServiceAccountToken"] is False
    assert pod(built, "orchestrator")["automountServiceAccountToken"] is False
    assert pod(built, "orchestrator")["serviceAccountName"] == "orchestrator"


def test_the_three_probes_differ_and_only_readiness_asks_for_connections(orchestrator):
    main = container(orchestrator(), "orchestrator")
    probes = [main[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")]
    assert [p["httpGet"]["path"] for p in probes] == [
        "/health/live",
        "/health/live",
        "/health/ready",
    ]
    budgets = {p["periodSeconds"] * p["failureThreshold"] for p in probes}
    assert len(budgets) == 3


def test_a_stopping_pod_serves_on_and_then_finishes_its_longest_request(orchestrator):
    built = orchestrator()
    serves_on = container(built, "orchestrator")["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = pod(built, "orchestrator")["terminationGracePeriodSeconds"]
    assert serves_on > 0
    assert grace >= serves_on + 60


def test_a_rollout_takes_no_pod_away_before_its_successor_is_ready(orchestrator):
    strategy = deployment(orchestrator())["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_pods_are_spread_over_zones_and_nodes(orchestrator):
    spread = pod(orchestrator(), "orchestrator")["topologySpreadConstraints"]
    assert {c["topologyKey"] for c in spread} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert all(c["labelSelector"]["matchLabels"] == {"app": "orchestrator"} for c in spread)


def test_a_drain_may_always_take_one_pod(orchestrator):
    (budget,) = orchestrator().of_type(BUDGET)
    assert budget.inputs["spec"]["maxUnavailable"] == 1
    assert "minAvailable" not in budget.inputs["spec"]


def test_selectors_match_the_labels_of_the_pods(orchestrator):
    built = orchestrator()
    labels = deployment(built)["template"]["metadata"]["labels"]
    (service,) = built.of_type(SERVICE)
    (budget,) = built.of_type(BUDGET)
    for selector in (
        deployment(built)["selector"]["matchLabels"],
        service.inputs["spec"]["selector"],
        budget.inputs["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()


def test_the_environment_and_the_authority_reach_the_pod(orchestrator):
    built = orchestrator()
    assert environment(built, "orchestrator")["PORT"] == "3001"
    assert "DATABASE_URL" in environment(built, "orchestrator")
    spec, main = pod(built, "orchestrator"), container(built, "orchestrator")
    mount = next(m for m in main["volumeMounts"] if m["name"] == "ca")
    assert (mount["mountPath"], mount["readOnly"]) == ("/etc/researchflow/ca", True)
    assert {"name": "researchflow-ca"} in [v.get("configMap") for v in spec["volumes"]]
    assert spec["nodeSelector"] == {"researchflow/pool": "applications"}


def test_the_pods_are_bound_to_the_target_group_by_their_service(orchestrator):
    built = orchestrator()
    binding = built.inputs(BINDING, "orchestrator-targets")["spec"]
    (service,) = built.of_type(SERVICE)
    assert binding == {
        "serviceRef": {"name": "orchestrator", "port": 3001},
        "targetGroupARN": TARGETS,
        "targetType": "ip",
    }
    assert service.inputs["metadata"]["name"] == "orchestrator"
    assert [port["port"] for port in service.inputs["spec"]["ports"]] == [3001]


def test_the_binding_and_the_pods_wait_for_the_controller(orchestrator):
    built = orchestrator()
    (ready,) = built.of_type("kubernetes:core/v1:ConfigMap")
    assert ready.urn in built.named(BINDING, "orchestrator-targets").dependencies
    assert ready.urn in built.named(DEPLOYMENT, "orchestrator-workload-pods").dependencies
