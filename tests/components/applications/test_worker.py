"""The workers: scaled by KEDA, and never killed over a job."""

import pytest

from components.applications.worker import Keda, Worker, WorkerArgs
from scaleplan.model import load_plan
from scaleplan.sizes import QueueEngine, Size
from tests.components.applications.deployed import (
    ANNOTATIONS,
    AUTOSCALER,
    BUDGET,
    DEPLOYMENT,
    ENVIRONMENT,
    FIXED,
    SCALING,
    SERVICE,
    container,
    controller,
    environment,
    pod,
)
from tests.components.recorded_once import recorded_once
from tests.components.values import application_pods

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTHENTICATION = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication"


@pytest.fixture
def worker(build):
    @recorded_once
    def run(settings=SCALING, *, keda=True, **jobs):
        def construct(opts):
            ready = controller(opts)
            plan = load_plan()
            args = WorkerArgs(
                pods=application_pods(
                    image="123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1.4.0",
                    settings=settings,
                    environment=ENVIRONMENT,
                    annotations=ANNOTATIONS,
                ),
                queue=plan.queue,
                jobs=plan.sizes[Size.MEDIUM].queue.model_copy(update=jobs),
                role=ready,
                keda=Keda(secret_name="queue-scaler-credentials", ready=ready) if keda else None,
            )
            return Worker("worker", args, opts)

        return build(construct)

    return run


@pytest.mark.parametrize("settings", [SCALING, FIXED], ids=["range", "fixed"])
def test_keda_alone_owns_the_number_of_workers(worker, settings):
    built = worker(settings)
    deployment = built.inputs(DEPLOYMENT, "worker-workload-pods")["spec"]
    assert "replicas" not in deployment
    assert built.of_type(AUTOSCALER) == []
    spec = built.inputs(SCALED_OBJECT, "worker-scaling")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (
        settings.min_replicas,
        settings.max_replicas,
    )


def test_the_scaled_object_finds_its_deployment_and_its_login(worker):
    built = worker()
    spec = built.inputs(SCALED_OBJECT, "worker-scaling")["spec"]
    deployment = built.inputs(DEPLOYMENT, "worker-workload-pods")
    login = built.inputs(AUTHENTICATION, "worker-queue-login")
    assert spec["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    references = {t["authenticationRef"]["name"] for t in spec["triggers"] if t["type"] == "redis"}
    assert references == {login["metadata"]["name"]}
    assert {r["name"] for r in login["spec"]["secretTargetRef"]} == {"queue-scaler-credentials"}


def test_without_keda_the_plans_own_autoscaler_reads_queue_and_cpu(worker):
    built = worker(keda=False)
    assert built.of_type(SCALED_OBJECT) == built.of_type(AUTHENTICATION) == []
    assert "replicas" not in built.inputs(DEPLOYMENT, "worker-workload-pods")["spec"]
    spec = built.inputs(AUTOSCALER, "worker-autoscaler")["spec"]
    assert spec["scaleTargetRef"]["name"] == "worker"
    queue, cpu = spec["metrics"]
    assert queue["external"]["metric"]["name"] == "redis_queue_length"
    # One selector over all queues is summed; a metric for each would count the longest alone.
    (expression,) = queue["external"]["metric"]["selector"]["matchExpressions"]
    assert expression == {
        "key": "queue",
        "operator": "In",
        "values": list(load_plan().queue.names),
    }
    assert queue["external"]["target"] == {"type": "AverageValue", "averageValue": "5"}
    assert cpu["resource"]["target"]["averageUtilization"] == 70
    assert spec["behavior"]["scaleUp"]["policies"] == [
        {"type": "Pods", "value": 4, "periodSeconds": 60}
    ]
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_jobs_in_rabbitmq_are_read_from_rabbitmq(worker):
    built = worker(engine=QueueEngine.RABBITMQ)
    spec = built.inputs(SCALED_OBJECT, "worker-scaling")["spec"]
    assert {t["type"] for t in spec["triggers"]} == {"cpu", "rabbitmq"}
    login = built.inputs(AUTHENTICATION, "worker-queue-login")["spec"]["secretTargetRef"]
    assert {reference["parameter"] for reference in login} == {"host", "username", "password"}


def test_kedas_objects_wait_for_keda(worker):
    built = worker()
    (ready,) = built.of_type("kubernetes:core/v1:ConfigMap")
    assert ready.urn in built.named(SCALED_OBJECT, "worker-scaling").dependencies
    assert ready.urn in built.named(AUTHENTICATION, "worker-queue-login").dependencies


def test_a_stopping_worker_is_given_its_longest_job(worker):
    built = worker()
    assert pod(built, "worker")["terminationGracePeriodSeconds"] > 300
    # No requests arrive, so nothing is gained by waiting before the drain.
    assert "lifecycle" not in container(built, "worker")
    assert environment(built, "worker")["SHUTDOWN_DRAIN_SECONDS"] == "300"


def test_workers_serve_probes_and_metrics_and_nothing_else(worker):
    built = worker()
    assert built.of_type(SERVICE) == []
    assert container(built, "worker")["ports"] == [
        {"containerPort": 8081, "name": "http"},
        {"containerPort": 9464, "name": "metrics"},
    ]
    assert environment(built, "worker")["PORT"] == "8081"
    assert len(built.of_type(BUDGET)) == 1


def test_the_worker_knows_its_queues_and_takes_one_job_at_a_time(worker):
    own = environment(worker(), "worker")
    assert own["QUEUE_NAMES"] == ",".join(load_plan().queue.names)
    assert own["WORKER_CONCURRENCY"] == "1"
    assert "DATABASE_URL" in own
