"""The cluster: who gets in, what is encrypted, and that it comes up in an order that works."""

import json
from ipaddress import IPv4Network

import pulumi
import pytest

from components.cluster.cluster import Cluster, ClusterArgs
from scaleplan.catalog import Architecture
from scaleplan.identity.access import AccessSettings
from scaleplan.settings import kubernetes_versions
from scaleplan.sizes import NodeGroupSettings, NodesSettings
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

CLUSTER, GROUP = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"
ADDON, TEMPLATE = "aws:eks/addon:Addon", "aws:ec2/launchTemplate:LaunchTemplate"
ROLE, ATTACHMENT = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
NODES = NodesSettings(
    system=NodeGroupSettings(instance_class="m7g.large", min_nodes=3, max_nodes=6, disk_gib=50),
    karpenter=True,
)


@pytest.fixture
def cluster(build):
    @recorded_once
    def run(
        *,
        architecture=Architecture.ARM64,
        cidrs=(),
        protect=True,
        version="1.35",
        access=None,
    ):
        def construct(opts):
            component = Cluster(
                "cluster",
                ClusterArgs(
                    place=place(protect=protect),
                    keys=keys(cluster_arn="arn:aws:kms:us-east-1:123456789012:key/cluster"),
                    kubernetes_version=version,
                    private_subnet_ids=pulumi.Output.from_input(["subnet-a", "subnet-b"]),
                    settings=NODES,
                    architecture=architecture,
                    access=access or AccessSettings(),
                    viewed_namespace="researchflow",
                    public_api_cidrs=tuple(IPv4Network(cidr) for cidr in cidrs),
                ),
                opts,
            )
            pulumi.export("kubeconfig", component.kubeconfig)
            pulumi.export("endpoint", component.endpoint)
            return component

        return build(construct)

    return run


def addon(built, name):
    (found,) = [r for r in built.of_type(ADDON) if r.inputs["addonName"] == name]
    return found


def comes_after(built, later, earlier):
    """Whether `later` waits for `earlier`, directly or through others."""
    by_urn = {r.urn: r for r in built.resources}
    seen, waiting = set(), [later.urn]
    while waiting:
        urn = waiting.pop()
        if urn == earlier.urn:
            return True
        if urn not in seen and urn in by_urn:
            seen.add(urn)
            resource = by_urn[urn]
            waiting += resource.dependencies
            # Waiting for a component is waiting for its children.
            if not resource.custom:
                waiting += [r.urn for r in built.resources if r.parent == urn]
    return False


def test_the_api_server_is_private_unless_networks_are_named(cluster):
    access = cluster().inputs(CLUSTER, "cluster")["vpcConfig"]
    assert access["endpointPrivateAccess"] is True
    assert access["endpointPublicAccess"] is False
    opened = cluster(cidrs=["203.0.113.0/24"]).inputs(CLUSTER, "cluster")["vpcConfig"]
    assert opened["endpointPublicAccess"] is True
    assert opened["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_what_is_fixed_at_creation_is_as_decided_for_good(cluster):
    inputs = cluster().inputs(CLUSTER, "cluster")
    assert inputs["name"] == "researchflow-test"
    assert inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    assert inputs["bootstrapSelfManagedAddons"] is False
    assert inputs["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"
    assert inputs["encryptionConfig"] == {
        "provider": {"keyArn": "arn:aws:kms:us-east-1:123456789012:key/cluster"},
        "resources": ["secrets"],
    }


def test_the_cluster_is_guarded_unless_the_stack_says_otherwise(cluster):
    guarded = cluster().named(CLUSTER, "cluster")
    assert (guarded.protect, guarded.inputs["deletionProtection"]) == (True, True)
    free = cluster(protect=False).named(CLUSTER, "cluster")
    assert (free.protect, free.inputs["deletionProtection"]) == (False, False)


def test_every_control_plane_log_goes_to_a_group_made_before_the_cluster(cluster):
    built = cluster()
    control_plane = built.named(CLUSTER, "cluster")
    group = built.named("aws:cloudwatch/logGroup:LogGroup", "cluster-control-plane")
    assert group.inputs["name"] == "/aws/eks/researchflow-test/cluster"
    assert group.inputs["kmsKeyId"].endswith("key/logs")
    assert group.inputs["retentionInDays"] == 90
    assert group.urn in control_plane.dependencies
    assert sorted(control_plane.inputs["enabledClusterLogTypes"]) == [
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    ]


def test_the_network_is_there_before_nodes_and_names_after_them(cluster):
    built = cluster()
    nodes = built.named(GROUP, "cluster-system")
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert comes_after(built, nodes, addon(built, name)), name
        assert comes_after(built, addon(built, name), built.named(CLUSTER, "cluster")), name
    for name in ("coredns", "aws-ebs-csi-driver"):
        assert comes_after(built, addon(built, name), nodes), name


def test_pods_wait_for_names_which_wait_for_nodes(cluster):
    built = cluster()
    assert built.result.handle.ready._name == addon(built, "coredns").name


def test_nodes_join_with_their_permissions_and_no_others(cluster):
    built = cluster()
    role = built.named(ROLE, "cluster-node")
    attached = [
        r for r in built.of_type(ATTACHMENT) if r.inputs["role"] == role.outputs.get("name")
    ]
    assert sorted(r.inputs["policyArn"].rsplit("/")[-1] for r in attached) == [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
        "AmazonSSMManagedInstanceCore",
    ]
    nodes = built.named(GROUP, "cluster-system")
    assert all(comes_after(built, nodes, r) for r in attached)


def test_addons_call_aws_with_roles_of_their_own(cluster):
    built = cluster()
    accounts = {}
    for resource in built.of_type(ADDON):
        for association in resource.inputs.get("podIdentityAssociations", []):
            accounts[resource.inputs["addonName"]] = association["serviceAccount"]
            assert association["roleArn"].startswith("arn:aws:iam::")
    assert accounts == {"vpc-cni": "aws-node", "aws-ebs-csi-driver": "ebs-csi-controller-sa"}


def test_the_pod_network_has_prefixes_and_network_policies(cluster):
    configuration = json.loads(addon(cluster(), "vpc-cni").inputs["configurationValues"])
    assert configuration["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert configuration["enableNetworkPolicy"] == "true"


def test_names_survive_the_loss_of_a_zone(cluster):
    built = cluster()
    configuration = json.loads(addon(built, "coredns").inputs["configurationValues"])
    assert configuration["replicaCount"] == 2
    spread = {each["topologyKey"]: each for each in configuration["topologySpreadConstraints"]}
    assert set(spread) == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    for each in spread.values():
        assert each["labelSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
        assert each["whenUnsatisfiable"] == "ScheduleAnyway"
    assert configuration["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}


def test_addons_keep_off_the_machines_that_karpenter_takes_away(cluster):
    built = cluster()
    system = {"researchflow/pool": "system"}
    names = json.loads(addon(built, "coredns").inputs["configurationValues"])
    disks = json.loads(addon(built, "aws-ebs-csi-driver").inputs["configurationValues"])
    assert names["nodeSelector"] == disks["controller"]["nodeSelector"] == system


@pytest.mark.parametrize("version", kubernetes_versions())
def test_every_version_a_stack_may_name_has_its_addons_pinned(cluster, version):
    built = cluster(version=version)
    assert len(built.of_type(ADDON)) == 5
    assert all(r.inputs["addonVersion"].startswith("v1.") for r in built.of_type(ADDON))
    assert addon(built, "kube-proxy").inputs["addonVersion"].startswith(f"v{version}.")
    assert built.inputs(GROUP, "cluster-system")["version"] == version


@pytest.mark.parametrize(
    ("architecture", "image"),
    [
        (Architecture.ARM64, "AL2023_ARM_64_STANDARD"),
        (Architecture.X86_64, "AL2023_x86_64_STANDARD"),
    ],
)
def test_nodes_run_the_image_of_their_processor(cluster, architecture, image):
    assert cluster(architecture=architecture).inputs(GROUP, "cluster-system")["amiType"] == image


def test_an_update_does_not_undo_the_number_of_nodes(cluster):
    nodes = cluster().named(GROUP, "cluster-system")
    assert nodes.inputs["scalingConfig"] == {"desiredSize": 3, "maxSize": 6, "minSize": 3}
    assert nodes.ignore_changes == ("scalingConfig.desiredSize",)


def test_node_disks_are_encrypted_and_pods_cannot_take_the_nodes_role(cluster):
    inputs = cluster().inputs(TEMPLATE, "cluster-system")
    (mapping,) = inputs["blockDeviceMappings"]
    assert mapping["ebs"]["encrypted"] == "true"
    assert mapping["ebs"]["kmsKeyId"].endswith("key/data")
    assert mapping["ebs"]["volumeSize"] == 50
    assert inputs["metadataOptions"]["httpTokens"] == "required"
    assert inputs["metadataOptions"]["httpPutResponseHopLimit"] == 1


def test_the_kubeconfig_names_this_clusters_endpoint(cluster):
    built = cluster()
    document = json.loads(built.exported["kubeconfig"])
    assert document["clusters"][0]["cluster"]["server"] == built.exported["endpoint"]
    assert document["current-context"] == "researchflow-test"


def test_karpenter_finds_the_security_group_by_its_tag(cluster):
    tag = cluster().inputs("aws:ec2/tag:Tag", "cluster-security-group")
    assert (tag["key"], tag["value"]) == ("karpenter.sh/discovery", "researchflow-test")
    assert tag["resourceId"].startswith("sg-")


ENTRY = "aws:eks/accessEntry:AccessEntry"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
OPERATORS = "arn:aws:iam::123456789012:role/operators"
READERS = "arn:aws:iam::123456789012:role/team/readers"
PREVIEWS = "arn:aws:iam::123456789012:role/previews"


def test_nobody_has_an_entry_unless_named(cluster):
    assert cluster().of_type(ENTRY) == []


def test_those_named_get_in_with_what_is_theirs(cluster):
    named = AccessSettings(admins=(OPERATORS,), viewers=(READERS,), previewers=(PREVIEWS,))
    built = cluster(access=named)
    who = {r.inputs["principalArn"] for r in built.of_type(ENTRY)}
    assert who == {OPERATORS, READERS, PREVIEWS}
    found = {r.inputs["principalArn"]: r for r in built.of_type(ASSOCIATION)}
    admin, viewer = found[OPERATORS].inputs, found[READERS].inputs
    assert admin["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
    assert admin["accessScope"] == {"type": "cluster"}
    assert viewer["policyArn"].endswith("/AmazonEKSViewPolicy")
    assert viewer["accessScope"] == {"type": "namespace", "namespaces": ["researchflow"]}
    previewer = found[PREVIEWS].inputs
    assert previewer["policyArn"].endswith("/AmazonEKSAdminViewPolicy")
    assert previewer["accessScope"] == {"type": "cluster"}


def test_an_entrys_name_does_not_depend_on_its_place_in_the_list(cluster):
    def names(*admins):
        built = cluster(access=AccessSettings(admins=admins))
        return {r.inputs["principalArn"]: r.name for r in built.of_type(ENTRY)}

    other = "arn:aws:iam::210987654321:role/operators"
    assert names(OPERATORS, other) == names(other, OPERATORS)
    assert len(set(names(OPERATORS, other).values())) == 2
