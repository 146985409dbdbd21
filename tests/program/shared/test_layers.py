"""The whole program at each size: the plan's numbers arrive, and the layers fit together."""

import json
import re
from urllib.parse import urlsplit

import pytest

from rf.shared.cards.registry import holds
from rf.shared.plan import RecordedPlan, reveal
from tests.configurations import BEFORE_CITUS, FILLING_CITUS

SIZES = ("small", "medium", "large")
CITUS = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"
INSTANCE = "aws:rds/instance:Instance"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
HOLDS_DATA = {
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ecr/repository:Repository",
    "aws:eks/cluster:Cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:kms/key:Key",
    "aws:rds/instance:Instance",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    CITUS,
}
STANDS_WITH_ITS_STORE = {
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:rds/subnetGroup:SubnetGroup",
}
"""AWS deletes none of these while a protected store stands in it."""
GROWS_IN_PLACE = {
    # Terraform AWS provider 6 / pulumi-aws 7: none of these replaces its resource.
    INSTANCE: {
        "allocatedStorage", "backupRetentionPeriod", "instanceClass", "maxAllocatedStorage",
        "multiAz",
    },
    REPLICATION_GROUP: {
        "automaticFailoverEnabled", "multiAzEnabled", "nodeType", "numCacheClusters",
        "numNodeGroups", "preferredCacheClusterAzs", "replicasPerNodeGroup",
    },
    # The operator's own work; it refuses what it can't do to a running cluster.
    CITUS: {"spec"},
}  # fmt: skip


SERVING = ()
"""prod itself is at `serving`, whatever its size."""


def at(planned, size, overrides=()) -> RecordedPlan:
    return planned("prod", size=size, overrides=overrides)


def by_object_name(plan: RecordedPlan, token: str) -> dict[str, dict]:
    objects = [reveal(resource.inputs) for resource in plan.of_type(token)]
    return {item["metadata"]["name"]: item for item in objects}


def pooler_ini(plan: RecordedPlan) -> str:
    return next(
        item["data"]["pgbouncer.ini"]
        for item in by_object_name(plan, CONFIG_MAP).values()
        if "pgbouncer.ini" in item["data"]
    )


def pod_of(plan: RecordedPlan, application: str) -> dict:
    return by_object_name(plan, DEPLOYMENT)[application]["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("size", "cpu", "memory", "replicas"),
    [
        ("small", "500m", "512Mi", (2, 2)),
        ("medium", "1", "1Gi", (3, 5)),
        ("large", "2", "2Gi", (5, 10)),
    ],
)
def test_the_orchestrator_runs_as_the_plan_says(planned, size, cpu, memory, replicas):
    plan = at(planned, size)
    requests = pod_of(plan, "orchestrator")["containers"][0]["resources"]["requests"]
    assert (requests["cpu"], requests["memory"]) == (cpu, memory)
    scalers = by_object_name(plan, AUTOSCALER)
    deployment = by_object_name(plan, DEPLOYMENT)["orchestrator"]["spec"]
    if replicas[0] == replicas[1]:
        assert "orchestrator" not in scalers
        assert deployment["replicas"] == replicas[0]
    else:
        spec = scalers["orchestrator"]["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == replicas
        assert "replicas" not in deployment


@pytest.mark.parametrize(
    ("size", "cpu", "memory", "replicas"),
    [
        ("small", "1", "1Gi", (2, 5)),
        ("medium", "2", "2Gi", (5, 10)),
        ("large", "4", "4Gi", (10, 20)),
    ],
)
def test_the_workers_run_as_the_plan_says_and_only_keda_owns_their_number(
    planned, size, cpu, memory, replicas
):
    plan = at(planned, size)
    requests = pod_of(plan, "worker")["containers"][0]["resources"]["requests"]
    assert (requests["cpu"], requests["memory"]) == (cpu, memory)
    spec = by_object_name(plan, SCALED_OBJECT)["worker"]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == replicas
    assert "replicas" not in by_object_name(plan, DEPLOYMENT)["worker"]["spec"]
    assert "worker" not in by_object_name(plan, AUTOSCALER)


@pytest.mark.parametrize(
    ("size", "instance_class", "multi_az", "replicas"),
    [
        ("small", "db.t4g.large", False, 0),
        ("medium", "db.r7g.xlarge", True, 2),
        ("large", "db.r7g.xlarge", True, 2),
    ],
)
def test_the_database_has_the_class_and_the_copies_of_its_size(
    planned, size, instance_class, multi_az, replicas
):
    instances = [reveal(resource.inputs) for resource in at(planned, size).of_type(INSTANCE)]
    primary = [instance for instance in instances if "replicateSourceDb" not in instance]
    assert len(primary) == 1
    assert primary[0]["instanceClass"] == instance_class
    assert primary[0]["multiAz"] is multi_az
    assert primary[0]["dbName"] == "ros"
    assert len(instances) - 1 == replicas


@pytest.mark.parametrize(
    ("size", "cache_nodes", "queue_nodes"),
    [
        ("small", ("cache.t4g.small", 1, 0), ("cache.t4g.small", 1)),
        ("medium", ("cache.m7g.large", 1, 2), ("cache.m7g.large", 2)),
        ("large", ("cache.r7g.large", 3, 1), ("cache.r7g.large", 2)),
    ],
)
def test_cache_and_queue_have_the_nodes_of_their_size(planned, size, cache_nodes, queue_nodes):
    groups = {
        resource.inputs["replicationGroupId"]: reveal(resource.inputs)
        for resource in at(planned, size).of_type(REPLICATION_GROUP)
    }
    cache, queue = groups["researchflow-prod-cache"], groups["researchflow-prod-queue"]
    shards = (cache["nodeType"], cache["numNodeGroups"], cache["replicasPerNodeGroup"])
    assert shards == cache_nodes
    assert (queue["nodeType"], queue["numCacheClusters"]) == queue_nodes
    assert queue["multiAzEnabled"] is (queue_nodes[1] > 1)
    for group in groups.values():
        assert group["transitEncryptionEnabled"] is True
        assert group["atRestEncryptionEnabled"] is True


@pytest.mark.parametrize(
    ("size", "gateways", "firewalls"), [("small", 1, 0), ("medium", 3, 1), ("large", 3, 1)]
)
def test_gateways_and_firewall_follow_the_size(planned, size, gateways, firewalls):
    plan = at(planned, size)
    assert len(plan.of_type("aws:ec2/natGateway:NatGateway")) == gateways
    assert len(plan.of_type("aws:wafv2/webAcl:WebAcl")) == firewalls
    assert len(plan.of_type("aws:cloudfront/distribution:Distribution")) == 1


@pytest.mark.parametrize("size", SIZES)
def test_every_database_that_applications_are_told_of_is_one_that_pgbouncer_serves(planned, size):
    plan = at(planned, size)
    ini = pooler_ini(plan)
    served = set(re.findall(r"^(\w+) = host=", ini, re.MULTILINE))
    assert {"researchflow", "ros", "researchflow_ro", "researchflow_system"} <= served
    credentials = by_object_name(plan, SECRET)["postgres-credentials"]["stringData"]
    for key in ("url", "replica-url", "system-url"):
        url = urlsplit(credentials[key])
        assert url.hostname == "pgbouncer.researchflow.svc"
        assert url.path.lstrip("/") in served, key


@pytest.mark.parametrize("size", SIZES)
def test_pgbouncer_reaches_the_primary_and_reads_from_the_replicas(planned, size):
    plan = at(planned, size, BEFORE_CITUS)
    ini = pooler_ini(plan)
    hosts = dict(re.findall(r"^(\w+) = host=(\S+)", ini, re.MULTILINE))
    instances = plan.of_type(INSTANCE)
    primary = [r.outputs["address"] for r in instances if "replicateSourceDb" not in r.inputs]
    replicas = [r.outputs["address"] for r in instances if "replicateSourceDb" in r.inputs]
    assert hosts["researchflow"] == primary[0]
    assert sorted(hosts["researchflow_ro"].split(",")) == sorted(replicas or primary)


@pytest.mark.parametrize("size", SIZES)
def test_poolers_that_are_left_after_losing_one_take_every_client(planned, size):
    plan = at(planned, size)
    pods = 0
    for scaler in (*plan.of_type(AUTOSCALER), *plan.of_type(SCALED_OBJECT)):
        spec = scaler.inputs["spec"]
        name = spec["scaleTargetRef"]["name"]
        pods += (spec.get("maxReplicas") or spec.get("maxReplicaCount")) if name != "web" else 0
    for name, item in by_object_name(plan, DEPLOYMENT).items():
        if name in {"orchestrator", "collaboration"}:
            pods += item["spec"].get("replicas", 0)
    config = by_object_name(plan, CONFIG_MAP)["application-config"]["data"]
    pools = [config[key] for key in config if key.endswith("DATABASE_POOL_MAX")]
    clients = pods * sum(int(pool) for pool in [*pools, config["DATABASE_REPLICA_POOL_MAX"]])
    assert len(pools) == 2
    poolers = by_object_name(plan, DEPLOYMENT)["pgbouncer"]["spec"]["replicas"]
    (limit,) = re.findall(r"max_client_conn = (\d+)", pooler_ini(plan))
    assert (poolers - 1) * int(limit) >= clients


@pytest.mark.parametrize("size", SIZES)
def test_data_is_reached_from_the_cluster_alone(planned, size):
    plan = at(planned, size)
    cluster = plan.named("aws:eks/cluster:Cluster", "cluster")
    pods = cluster.outputs["vpcConfig"]["clusterSecurityGroupId"]
    guarded: set[str] = set()
    for resource in (*plan.of_type(INSTANCE), *plan.of_type(REPLICATION_GROUP)):
        inputs = resource.inputs
        guarded |= set(inputs.get("vpcSecurityGroupIds") or inputs.get("securityGroupIds") or [])
    assert guarded
    rules = plan.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    ways_in = [rule.inputs for rule in rules if rule.inputs["securityGroupId"] in guarded]
    assert {rule["securityGroupId"] for rule in ways_in} == guarded
    for rule in ways_in:
        assert rule["referencedSecurityGroupId"] == pods
        assert rule["fromPort"] == rule["toPort"]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_opens_a_port_to_the_world(planned, size):
    for rule in at(planned, size).of_type(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    ):
        assert rule.inputs.get("cidrIpv4") != "0.0.0.0/0", rule.urn
        assert "cidrIpv6" not in rule.inputs, rule.urn
    for group in at(planned, size).of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert not group.inputs.get("ingress"), group.urn


@pytest.mark.parametrize("size", SIZES)
def test_what_holds_data_is_protected_named_and_encrypted(planned, size):
    for resource in at(planned, size).resources:
        if resource.type not in HOLDS_DATA:
            continue
        assert resource.protect, resource.urn
        if resource.type == INSTANCE:
            assert resource.inputs["storageEncrypted"] is True
            assert resource.inputs["deletionProtection"] is True


@pytest.mark.parametrize("size", SIZES)
def test_what_keeps_data_is_protected_with_it(planned, size):
    """An update that may not delete a bucket must not open it first, nor end its versions."""
    plan = at(planned, size)
    unguarded = {each.type for each in plan.resources if holds(each.type) and not each.protect}
    assert unguarded <= STANDS_WITH_ITS_STORE


def test_only_a_stack_that_says_so_may_lose_data(planned):
    plan = planned("dev")
    assert not [r.urn for r in plan.resources if r.protect]
    primary = next(r for r in plan.of_type(INSTANCE) if "replicateSourceDb" not in r.inputs)
    assert primary.inputs["deletionProtection"] is False


@pytest.mark.parametrize("stage", [BEFORE_CITUS, SERVING])
@pytest.mark.parametrize(("smaller", "larger"), [("small", "medium"), ("medium", "large")])
def test_growing_keeps_what_holds_data_and_changes_it_in_place(planned, smaller, larger, stage):
    assert_kept(at(planned, smaller, stage), at(planned, larger, stage))


@pytest.mark.parametrize(
    ("stage", "following"),
    # The way there, and the way back while RDS still has all.
    [
        (BEFORE_CITUS, FILLING_CITUS),
        (FILLING_CITUS, SERVING),
        (SERVING, FILLING_CITUS),
    ],
)
def test_no_stage_on_the_way_to_citus_changes_what_holds_data(planned, stage, following):
    changed = assert_kept(at(planned, "large", stage), at(planned, "large", following))
    assert changed == set()


def assert_kept(earlier: RecordedPlan, later: RecordedPlan) -> set[str]:
    """All that holds data is still there. Returns what has changed in place."""
    before = {r.urn: r for r in earlier.resources if r.type in HOLDS_DATA}
    after = {r.urn: r for r in later.resources}
    changes: set[str] = set()
    assert set(before) <= set(after)
    for urn, old in before.items():
        new = after[urn]
        keys = set(old.inputs) | set(new.inputs)
        changed = {key for key in keys if old.inputs.get(key) != new.inputs.get(key)}
        changes |= {f"{urn} {key}" for key in changed}
        assert changed <= GROWS_IN_PLACE.get(old.type, set()), urn
        for key in ("allocatedStorage", "maxAllocatedStorage"):
            assert new.inputs.get(key, 0) >= old.inputs.get(key, 0), urn
    return changes


@pytest.mark.parametrize("size", SIZES)
def test_pods_are_locked_down(planned, size):
    for name, item in by_object_name(at(planned, size), DEPLOYMENT).items():
        pod = item["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"]["drop"] == ["ALL"], name
            assert set(container["resources"]) == {"requests", "limits"}, name
            assert not container["image"].endswith(":latest"), name


@pytest.mark.parametrize("size", SIZES)
def test_no_secret_is_in_a_config_map_or_an_annotation(planned, size):
    plan = at(planned, size)
    passwords = [
        reveal(resource.outputs)["result"]
        for resource in plan.of_type("random:index/randomPassword:RandomPassword")
    ]
    assert passwords
    open_text = json.dumps(
        [reveal(r.inputs) for r in plan.of_type(CONFIG_MAP)]
        + [
            reveal(r.inputs).get("metadata", {}).get("annotations")
            for r in plan.resources
            if r.type.startswith("kubernetes:")
        ]
        + [reveal(r.inputs)["spec"] for r in plan.of_type(DEPLOYMENT)]
    )
    for password in passwords:
        assert password not in open_text
