"""The workers: scaled by KEDA, and never killed over a job."""

import pytest

from components.worker import Worker, WorkerArgs
from scaleplan.model import load_plan
from tests.components.applications import (
    AUTOSCALER,
    BUDGET,
    DEPLOYMENT,
    ENVIRONMENT,
    FIXED,
    SCALING,
    SERVICE,
    artifacts,
    container,
    controller,
    environment,
    pod,
)

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTHENTICATION = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication"


@pytest.fixture
def worker(build):
    def run(settings=SCALING):
        def construct(opts):
            ready = controller(opts)
            plan = load_plan()
            args = WorkerArgs(
                namespace="researchflow",
                image="123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1.4.0",
                settings=settings,
                queue=plan.queue,
                autoscaling=plan.autoscaling,
                environment=ENVIRONMENT,
                ca_config_map="researchflow-ca",
                queue_secret_name="queue-credentials",
                artifacts=artifacts(ready),
                keda_ready=ready,
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
    assert {r["name"] for r in login["spec"]["secretTargetRef"]} == {"queue-credentials"}


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
    assert environment(built, "worker")["WORKER_DRAIN_SECONDS"] == "300"


def test_workers_serve_probes_and_nothing_else(worker):
    built = worker()
    assert built.of_type(SERVICE) == []
    assert container(built, "worker")["ports"] == [{"containerPort": 8081, "name": "http"}]
    assert environment(built, "worker")["PORT"] == "8081"
    assert len(built.of_type(BUDGET)) == 1


def test_the_worker_knows_its_queues_and_takes_one_job_at_a_time(worker):
    own = environment(worker(), "worker")
    assert own["QUEUE_NAMES"] == "analysis,extraction,validation"
    assert own["WORKER_CONCURRENCY"] == "1"
    assert "DATABASE_URL" in own
