"""Workers as they are deployed, and jobs for them: what the tests of the simulation start from."""

import dataclasses

from rendering.applications.scaling_triggers import watched_jobs, worker_scaled_object
from rf.shared.plan import RecordedPlan
from rf.simulate.configured import ConfiguredWorkers, configured_workers
from rf.simulate.machines import NodePool
from rf.simulate.run import Fleet, Scaling
from rf.simulate.workers import PodTimes
from rf.simulate.workload import Demand
from scaleplan.applications.workload_settings import ScalingBehavior
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.recorded import recorded_resource

PLAN = load_plan()
QUEUES = PLAN.queue.names
FLEET = Fleet(
    slots=1,
    times=PodTimes(start_seconds=30, grace_seconds=315),
    node_seconds=65,
    pool=None,
    busy_percent=50,
)
NODES = NodePool(
    node_vcpus=(4, 8, 16),
    categories=("c", "m", "r"),
    limit_millicores=None,
    limit_memory_mib=None,
    idle_seconds=300,
    pod=ResourceTotals(cpu_millicores=2000, memory_mib=2048),
)


def spec_of(size="large", behavior=ScalingBehavior.PLAN, **changes):
    spec = worker_scaled_object(
        "worker",
        settings=PLAN.sizes[Size(size)].worker,
        watched=watched_jobs(
            PLAN.queue, PLAN.sizes[Size(size)].queue, PLAN.autoscaling.keda.list_length, 1
        ),
        autoscaling=PLAN.autoscaling.behaving(behavior),
        authentication="worker-queue",
    )
    return spec | changes


def resource(token, spec, name="worker"):
    return recorded_resource(
        token, name, {"metadata": {"name": name}, "spec": spec}, resource_id=name
    )


DEPLOYMENT = resource(
    "kubernetes:apps/v1:Deployment",
    {
        "template": {
            "spec": {
                "terminationGracePeriodSeconds": 315,
                "containers": [
                    {
                        "name": "worker",
                        "resources": {"requests": {"cpu": "2000m", "memory": "2048Mi"}},
                        "env": [
                            {"name": "QUEUE_NAMES", "value": ",".join(QUEUES)},
                            {"name": "WORKER_CONCURRENCY", "value": "1"},
                            {"name": "SHUTDOWN_DRAIN_SECONDS", "value": "300"},
                        ],
                    }
                ],
            }
        }
    },
)


def plan_with(*resources):
    return RecordedPlan(
        project="researchflow", stack="test", size="large", resources=resources, outputs={}
    )


def configured(spec=None) -> ConfiguredWorkers:
    scaled = resource("kubernetes:keda.sh/v1alpha1:ScaledObject", spec or spec_of())
    return configured_workers(plan_with(DEPLOYMENT, scaled))


KEDA: Scaling = configured().scaling


def demand(jobs_per_hour=500.0, **changes) -> Demand:
    usual = Demand(
        jobs_per_hour=jobs_per_hour,
        job_seconds=30,
        timeout_seconds=300,
        queues=QUEUES,
        hours=3,
        burst=0,
    )
    return dataclasses.replace(usual, **changes)
