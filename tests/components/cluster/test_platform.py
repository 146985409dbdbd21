"""The platform: pinned controllers with roles of their own, and pools with an upper bound."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from components.cluster.platform import Platform, PlatformArgs
from rendering.cluster.node_pools import node_selector
from rendering.network.flow_table import network_flows
from scaleplan.applications.quota import QuotaPods, namespace_quota
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.catalog import Architecture
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.cluster.node_pools import PoolLimits
from scaleplan.layers import PodResources
from scaleplan.sizes import NodeGroupSettings, NodesSettings
from tests.components.recorded_once import recorded_once
from tests.components.values import cluster_handle, keys, place
from tests.unit.network.flow_site import stack

RELEASE = "kubernetes:helm.sh/v3:Release"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
NODE_CLASS, POOL = (
    "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass",
    "kubernetes:karpenter.sh/v1:NodePool",
)
LIMITS = PoolLimits(
    applications=ResourceTotals(cpu_millicores=40_000, memory_mib=30_000),
    workers=ResourceTotals(cpu_millicores=105_000, memory_mib=107_520),
)

QUOTA = namespace_quota(
    [
        QuotaPods(
            pods=21,
            containers=(
                PodResources(
                    memory_request_mib=1024,
                    cpu_request_millicores=1000,
                    memory_limit_mib=1024,
                    cpu_limit_millicores=2000,
                ),
            ),
        )
    ]
)


@pytest.fixture
def platform(build):
    @recorded_once
    def run(*, karpenter=True, replicas=2, architecture=Architecture.ARM64, keda=True, spot=False):
        def construct(opts):
            # Stands for the cluster: anything that pods can wait for.
            ready = aws.eks.Addon(
                "names",
                cluster_name="researchflow-test",
                addon_name="coredns",
                opts=pulumi.ResourceOptions.merge(opts, None),
            )
            return Platform(
                "platform",
                PlatformArgs(
                    place=place(),
                    keys=keys(),
                    cluster=cluster_handle(ready),
                    vpc_id="vpc-1",
                    nodes=NodesSettings(
                        system=NodeGroupSettings(
                            instance_class="m7g.large", min_nodes=3, max_nodes=6, disk_gib=50
                        ),
                        karpenter=karpenter,
                    ),
                    architecture=architecture,
                    replicas=replicas,
                    keda=keda,
                    flows=network_flows(stack(keda=keda)),
                    quota=QUOTA,
                    pool_limits=LIMITS,
                    spot_workers=spot,
                ),
                opts,
            )

        return build(construct)

    return run


def releases(built):
    return {r.inputs["name"]: r for r in built.of_type(RELEASE)}


def test_every_chart_is_pinned_and_installed_whole_or_not_at_all(platform):
    pinned = {
        name: (release.inputs["version"], release.inputs["atomic"])
        for name, release in releases(platform()).items()
    }
    assert pinned == {
        "keda": ("2.20.2", True),
        "aws-load-balancer-controller": ("3.5.0", True),
        "metrics-server": ("3.13.1", True),
        "karpenter": ("1.14.1", True),
        "karpenter-crd": ("1.14.1", True),
    }


def test_without_karpenter_nothing_of_it_is_there(platform):
    built = platform(karpenter=False, replicas=1)
    assert set(releases(built)) == {"keda", "aws-load-balancer-controller", "metrics-server"}
    assert not [r for r in built.resources if "karpenter" in r.name]


def test_without_keda_nothing_of_it_is_there(platform):
    built = platform(keda=False)
    assert "keda" not in releases(built)
    assert not [r for r in built.resources if "keda" in r.name]
    assert built.result.keda_ready is None


def test_every_namespace_with_rows_in_the_table_has_its_policies(platform):
    metadata = [
        r.inputs["metadata"]
        for r in platform().of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    ]
    found = {(each["namespace"], each["name"]) for each in metadata}
    assert {("keda", "keda-operator-flows"), ("kube-system", "metrics-server-flows")} <= found
    assert {name for namespace, name in found if namespace == "researchflow"} >= {
        "default-deny-flows",
        "orchestrator-flows",
        "pgbouncer-flows",
    }


def test_nothing_starts_before_the_cluster_is_ready(platform):
    built = platform()
    ready = built.named("aws:eks/addon:Addon", "names").urn
    waiting = {r.urn for r in built.resources if ready in r.dependencies}
    first = [*built.of_type(ASSOCIATION), releases(built)["keda"]]
    first += [releases(built)["metrics-server"]]
    first += built.of_type("kubernetes:core/v1:Namespace")
    first += built.of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    assert {r.urn for r in first} <= waiting
    for name in ("aws-load-balancer-controller", "karpenter"):
        release = releases(built)[name]
        associations = {
            r.urn for r in built.of_type(ASSOCIATION) if r.inputs["serviceAccount"] == name
        }
        assert associations & set(release.dependencies), name


def test_the_namespace_refuses_pods_that_are_not_restricted(platform):
    (namespace,) = platform().of_type("kubernetes:core/v1:Namespace")
    assert namespace.inputs["metadata"]["name"] == "researchflow"
    labels = namespace.inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_volumes_are_encrypted_unless_asked_otherwise(platform):
    (storage,) = platform().of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    annotations = storage.inputs["metadata"]["annotations"]
    assert annotations == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage.inputs["parameters"] == {
        "encrypted": "true",
        "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/data",
        "type": "gp3",
    }
    assert storage.inputs["volumeBindingMode"] == "WaitForFirstConsumer"


def test_controllers_that_call_aws_have_one_role_each(platform):
    accounts = {
        (r.inputs["namespace"], r.inputs["serviceAccount"]): r.inputs["roleArn"]
        for r in platform().of_type(ASSOCIATION)
    }
    assert set(accounts) == {
        ("kube-system", "aws-load-balancer-controller"),
        ("kube-system", "karpenter"),
    }
    assert len(set(accounts.values())) == 2
    for (namespace, account), release in zip(
        sorted(accounts), ("aws-load-balancer-controller", "karpenter"), strict=True
    ):
        values = releases(platform())[release].inputs
        assert values["namespace"] == namespace
        assert values["values"]["serviceAccount"]["name"] == account


def test_controllers_run_on_the_system_nodes_only(platform):
    for name, release in releases(platform()).items():
        # CRDs run nowhere.
        if name == "karpenter-crd":
            continue
        assert release.inputs["values"]["nodeSelector"] == {"researchflow/pool": "system"}, name


@pytest.mark.parametrize("replicas", [1, 2])
def test_controllers_can_be_drained_and_two_never_at_once(platform, replicas):
    found = releases(platform(replicas=replicas))
    keda = found["keda"].inputs["values"]
    balancer = found["aws-load-balancer-controller"].inputs["values"]
    metrics = found["metrics-server"].inputs["values"]
    assert {keda[part]["replicaCount"] for part in ("operator", "metricsServer", "webhooks")} == {
        replicas
    }
    assert (balancer["replicaCount"], metrics["replicas"]) == (replicas, replicas)
    one = {"maxUnavailable": 1} if replicas > 1 else {}
    always = {"unhealthyPodEvictionPolicy": "AlwaysAllow"} if replicas > 1 else {}
    assert keda["podDisruptionBudget"]["operator"] == one
    assert balancer["podDisruptionBudget"] == one | always
    assert metrics["podDisruptionBudget"] == {"enabled": replicas > 1} | one | always


def test_the_load_balancer_controller_can_do_only_target_group_bindings(platform):
    values = releases(platform())["aws-load-balancer-controller"].inputs["values"]
    assert values["watchNamespace"] == "researchflow"
    assert values["createIngressClassResource"] is False
    assert values["enableServiceMutatorWebhook"] is False
    assert not any(values["controllerConfig"]["featureGates"].values())
    # Pods can't ask the machine for these.
    assert (values["region"], values["vpcId"]) == ("us-east-1", "vpc-1")


def test_pools_buy_up_to_their_own_limit_and_on_demand_only(platform):
    built = platform()
    limits = {r.inputs["metadata"]["name"]: r.inputs["spec"]["limits"] for r in built.of_type(POOL)}
    assert limits == {
        "applications": {"cpu": "40", "memory": "30000Mi"},
        "workers": {"cpu": "105", "memory": "105Gi"},
    }
    for pool in built.of_type(POOL):
        wanted = {
            r["key"]: r["values"] for r in pool.inputs["spec"]["template"]["spec"]["requirements"]
        }
        assert wanted["karpenter.sh/capacity-type"] == ["on-demand"]
        assert wanted["kubernetes.io/arch"] == ["arm64"]


def test_spot_machines_carry_workers_alone_and_where_the_stack_says_so(platform):
    for pool in platform(spot=True).of_type(POOL):
        requirements = pool.inputs["spec"]["template"]["spec"]["requirements"]
        wanted = {r["key"]: r["values"] for r in requirements}["karpenter.sh/capacity-type"]
        is_workers = pool.inputs["metadata"]["name"] == "workers"
        assert wanted == (["spot", "on-demand"] if is_workers else ["on-demand"])


def test_karpenter_is_warned_of_spot_machines_where_it_buys_them(platform):
    def kinds(built):
        rules = built.of_type("aws:cloudwatch/eventRule:EventRule")
        patterns = [json.loads(rule.inputs["eventPattern"]) for rule in rules]
        return {kind for pattern in patterns for kind in pattern["detail-type"]}

    on_demand = {"AWS Health Event", "EC2 Instance State-change Notification"}
    assert kinds(platform()) == on_demand
    spot = {"EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"}
    assert kinds(platform(spot=True)) == on_demand | spot


def test_karpenter_may_ask_for_spot_machines_only_where_it_buys_them(platform):
    def allowed(built):
        return (
            "spot-instances-request"
            in built.inputs("aws:iam/rolePolicy:RolePolicy", "platform-karpenter-machines")[
                "policy"
            ]
        )

    assert (allowed(platform()), allowed(platform(spot=True))) == (False, True)


def test_pools_on_x86_buy_x86(platform):
    for pool in platform(architecture=Architecture.X86_64).of_type(POOL):
        requirements = pool.inputs["spec"]["template"]["spec"]["requirements"]
        assert {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]} in requirements


def test_a_pods_selector_matches_the_label_of_its_pool(platform):
    labels = {
        r.inputs["metadata"]["name"]: r.inputs["spec"]["template"]["metadata"]["labels"]
        for r in platform().of_type(POOL)
    }
    for pool in (APPLICATIONS_POOL, WORKERS_POOL):
        assert node_selector(pool, karpenter=True) == labels[pool]
        assert node_selector(pool, karpenter=False) is None


def test_a_worker_in_the_middle_of_a_job_is_not_moved_to_save_a_machine(platform):
    (workers,) = [r for r in platform().of_type(POOL) if r.name.endswith("-workers")]
    assert workers.inputs["spec"]["disruption"]["consolidationPolicy"] == "WhenEmpty"


def test_karpenters_machines_are_as_closed_as_the_managed_ones(platform):
    built = platform()
    (node_class,) = built.of_type(NODE_CLASS)
    spec = node_class.inputs["spec"]
    profile = built.named("aws:iam/instanceProfile:InstanceProfile", "platform-karpenter-node")
    assert profile.inputs["role"] == "node"
    assert spec["instanceProfile"] == profile.outputs["name"]
    assert "role" not in spec
    assert spec["metadataOptions"]["httpTokens"] == "required"
    assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
    (disk,) = spec["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] is True
    assert disk["ebs"]["kmsKeyID"].endswith("key/data")
    (image,) = spec["amiSelectorTerms"]
    assert not image["alias"].endswith("@latest")


def test_karpenters_objects_wait_for_their_kinds(platform):
    built = platform()
    release = releases(built)["karpenter"].urn
    objects = [*built.of_type(NODE_CLASS), *built.of_type(POOL)]
    assert len(objects) == 3
    assert all(release in r.dependencies for r in objects)


def test_karpenter_hears_of_failing_machines(platform):
    built = platform()
    queue = built.named("aws:sqs/queue:Queue", "platform-karpenter-interruptions")
    targets = built.of_type("aws:cloudwatch/eventTarget:EventTarget")
    rules = built.of_type("aws:cloudwatch/eventRule:EventRule")
    assert {r.inputs["arn"] for r in targets} == {queue.outputs["arn"]}
    assert {r.inputs["rule"] for r in targets} == {r.outputs["name"] for r in rules}
    settings = releases(built)["karpenter"].inputs["values"]["settings"]
    assert settings["interruptionQueue"] == queue.outputs["name"]
    policy = json.loads(
        built.inputs("aws:sqs/queuePolicy:QueuePolicy", "platform-karpenter-interruptions")[
            "policy"
        ]
    )
    allowed = policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert allowed == sorted(r.outputs["arn"] for r in rules)
