"""The queue: one primary that loses no job, whatever the size."""

import re

import pulumi
import pytest

from components.queue.queue import Queue, QueueArgs
from rendering.redis.access import queue_users
from rf.shared.plan import Secret, reveal
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.components.recorded_once import recorded_once
from tests.components.values import data_network, keys, place

PLAN = load_plan()
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def queue(build):
    @recorded_once
    def run(size=Size.MEDIUM, *, protect=True, keda=True):
        def construct(opts):
            args = QueueArgs(
                place=place(protect=protect),
                keys=keys(data_arn=KEY, logs_arn=KEY),
                network=data_network(),
                settings=PLAN.sizes[size].queue,
                users=queue_users(PLAN.queue.names, PLAN.sizes[size].queue, scaled_by_keda=keda),
            )
            made = Queue("queue", args, opts)
            pulumi.export("urls", made.urls)
            if made.scaler_login:
                pulumi.export("scaler", made.scaler_login)
            pulumi.export("host", made.primary_endpoint)
            return made

        return build(construct)

    return run


@pytest.mark.parametrize("size", Size)
def test_cluster_mode_is_off_because_rq_can_not_run_on_a_cluster(queue, size):
    built = queue(size)
    group = built.inputs(GROUP, "queue-group")
    assert group["clusterMode"] == "disabled"
    assert group["numCacheClusters"] == PLAN.sizes[size].queue.nodes
    assert not {"numNodeGroups", "replicasPerNodeGroup"} & set(group)
    (parameters,) = built.of_type("aws:elasticache/parameterGroup:ParameterGroup")
    assert "cluster-enabled" not in {p["name"] for p in parameters.inputs["parameters"]}


@pytest.mark.parametrize("size", Size)
def test_a_full_queue_refuses_writes_and_evicts_no_job(queue, size):
    (parameters,) = queue(size).of_type("aws:elasticache/parameterGroup:ParameterGroup")
    assert {"name": "maxmemory-policy", "value": "noeviction"} in parameters.inputs["parameters"]


@pytest.mark.parametrize("size", Size)
def test_two_nodes_fail_over_and_one_does_not_pretend_to(queue, size):
    group = queue(size).inputs(GROUP, "queue-group")
    standby = PLAN.sizes[size].queue.nodes > 1
    assert group["automaticFailoverEnabled"] is standby
    assert group["multiAzEnabled"] is standby


@pytest.mark.parametrize("size", Size)
def test_primary_and_standby_stand_in_zones_of_their_own(queue, size):
    zones = queue(size).inputs(GROUP, "queue-group")["preferredCacheClusterAzs"]
    assert zones == ["us-east-1a", "us-east-1b", "us-east-1c"][: PLAN.sizes[size].queue.nodes]


@pytest.mark.parametrize("size", Size)
def test_jobs_are_kept_in_snapshots(queue, size):
    built = queue(size)
    group = built.named(GROUP, "queue-group")
    assert group.inputs["snapshotRetentionLimit"] == 7
    assert group.inputs["finalSnapshotIdentifier"] == "researchflow-test-queue-final"
    assert group.protect


def test_a_stack_to_throw_away_leaves_no_snapshot_behind(queue):
    group = queue(protect=False).named(GROUP, "queue-group")
    assert not group.protect
    assert "finalSnapshotIdentifier" not in group.inputs


def test_storage_and_connections_are_encrypted(queue):
    group = queue().inputs(GROUP, "queue-group")
    assert group["atRestEncryptionEnabled"] is True
    assert group["kmsKeyId"] == KEY
    assert group["transitEncryptionMode"] == "required"
    assert group["userGroupIds"] == ["researchflow-test-queue"]


@pytest.mark.parametrize("keda", [True, False])
def test_each_application_has_its_own_login_and_keda_where_it_is(queue, keda):
    built = queue(keda=keda)
    users = {r.inputs["userName"]: r.inputs for r in built.of_type("aws:elasticache/user:User")}
    expected = {"default", "orchestrator", "worker", "collaboration", "exporter"}
    assert set(users) == expected | ({"keda"} if keda else set())
    assert users["default"]["accessString"].split()[0] == "off"
    assert ("scaler" in built.exported) is keda


def test_the_urls_are_the_primarys_and_secret(queue):
    built = queue()
    host = built.exported["host"]
    for user, url in built.exported["urls"].items():
        assert isinstance(url, Secret)
        match = re.fullmatch(rf"rediss://{user}:(\w{{32}})@{re.escape(host)}:6379", reveal(url))
        assert match
        assert match[1] not in built.plan.to_json()


def test_keda_logs_in_with_the_password_of_its_own_user(queue):
    built = queue()
    login = reveal(built.exported["scaler"])
    users = {
        r.inputs["userName"]: reveal(r.inputs) for r in built.of_type("aws:elasticache/user:User")
    }
    assert login["address"] == f"{built.exported['host']}:6379"
    assert users[login["username"]]["passwords"] == [login["password"]]
