"""The cluster and its add-ons."""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rf.kubernetes.karpenter import NODE_POOL, cores, requirement
from rf.shared.account import usage
from rf.shared.account.names import ABSENT, of_stack, pairs
from rf.shared.account.unreadable import UnreadableError
from rf.shared.account.usage import STANDARD_FAMILIES
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    REFUSED,
    REPLACE,
    RESTART,
    Changes,
    PropertyRule,
    Unruled,
)
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration
from rf.shared.offline.pem import certificate_text
from scaleplan.catalog import load_catalog

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.need import Need
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader


def _invented_of_cluster(kind: str, key: str) -> Invent:
    """What belongs to an EKS cluster: id `cluster:name`."""

    def invent(registration: Registration) -> Computed:
        cluster, name = registration.text("clusterName"), registration.named(key)
        arn = registration.arn("eks", f"{kind}/{cluster}/{name}/{registration.uuid()}")
        return Computed(f"{cluster}:{name}", {key: name, "arn": arn})

    return invent


def _create_addon(task: Task, inputs: Inputs) -> Created:
    owner, name = inputs["clusterName"], inputs["addonName"]
    # One API parameter; the provider splits it into what creation and what an update does.
    conflicts = inputs.take("resolveConflictsOnCreate")
    inputs.drop("resolveConflictsOnUpdate", "preserve")
    task.send(
        "eks",
        "CreateAddon",
        inputs.rest(),
        **({"resolveConflicts": conflicts} if conflicts else {}),
    )
    return Created(f"{owner}:{name}")


def _invented_cluster(registration: Registration) -> Computed:
    name = registration.named()
    unique = registration.hex(32).upper()
    issuer = f"https://oidc.eks.{registration.where}.amazonaws.com/id/{unique}"
    authority = base64.b64encode(certificate_text(registration, "authority").encode()).decode()
    return Computed(
        name,
        {
            "name": name,
            "arn": registration.arn("eks", f"cluster/{name}"),
            "endpoint": f"https://{unique}.gr7.{registration.where}.eks.amazonaws.com",
            "certificateAuthority": {"data": authority},
            "identities": [{"oidcs": [{"issuer": issuer}]}],
            "platformVersion": "eks.1",
            "vpcConfig": {
                "clusterSecurityGroupId": f"sg-{registration.hex(17, 'cluster')}",
                "vpcId": f"vpc-{registration.hex(17, 'vpc')}",
            },
        },
    )


def _cluster_security_group(task: Task, name: str, network: dict[str, Any]) -> str | None:
    subnets = network.get("subnetIds")
    if not subnets:
        return None
    described = task.call("ec2", "DescribeSubnets", SubnetIds=[subnets[0]])["Subnets"]
    answer = task.call(
        "ec2",
        "CreateSecurityGroup",
        GroupName=f"eks-cluster-sg-{name}",
        Description="EKS created security group applied to the cluster and its nodes",
        VpcId=described[0]["VpcId"],
    )
    group = answer["GroupId"]
    within = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    task.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=within)
    return group


def _authority() -> str:
    """The emulator signs nothing, but a kubeconfig needs a certificate's form."""
    return base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()


def _create_cluster(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 100)
    inputs.drop("defaultAddonsToRemoves")
    log_kinds = inputs.take("enabledClusterLogTypes")
    network: dict[str, Any] = dict(inputs.take("vpcConfig") or {})
    logging = (
        {"logging": {"clusterLogging": [{"types": sorted(log_kinds), "enabled": True}]}}
        if log_kinds
        else {}
    )
    answer = task.send(
        "eks",
        "CreateCluster",
        inputs.rest() | {"resourcesVpcConfig": network},
        {"encryptionConfig": "encryptionConfig"},
        name=name,
        **logging,
    )["cluster"]
    # EKS makes a security group of its own, which nodes carry; moto makes none.
    group = _cluster_security_group(task, name, network)
    authority = answer.get("certificateAuthority", {}).get("data") or _authority()
    known: dict[str, Any] = {
        "arn": answer["arn"],
        "name": name,
        "endpoint": answer["endpoint"],
        "certificateAuthority": {"data": authority},
        "platformVersion": answer.get("platformVersion"),
        "status": answer["status"],
    }
    if answer.get("identity"):
        known["identities"] = [{"oidcs": [{"issuer": answer["identity"]["oidc"]["issuer"]}]}]
    if group:
        described = dict(task.invented.get("vpcConfig") or {}) | network
        known["vpcConfig"] = described | {"clusterSecurityGroupId": group}
    return Created(name, known)


def _verify_cluster(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Version, subnets, who reaches its API, and the key of its secrets."""
    actual = reader.read("eks", "DescribeCluster", name=identifier)["cluster"]
    yield "status", "ACTIVE", actual["status"]
    yield "version", inputs["version"], actual["version"]
    yield "role", inputs["roleArn"], actual["roleArn"]
    network = actual["resourcesVpcConfig"]
    wanted = inputs["vpcConfig"]
    yield "subnets", sorted(wanted["subnetIds"]), sorted(network["subnetIds"])
    for key in ("endpointPublicAccess", "endpointPrivateAccess"):
        if key in wanted:
            yield key, wanted[key], network.get(key, NOT_SHOWN)
    key = (inputs.get("encryptionConfig") or {}).get("provider", {}).get("keyArn")
    if key:
        keys = [entry["provider"]["keyArn"] for entry in actual.get("encryptionConfig") or []]
        yield "key of secrets", [key], keys


def _cluster_state(account: Account, owner: Owner, name: str) -> Answer:
    try:
        answer = [account.read("eks", "DescribeCluster", name=name)["cluster"]]
    except UnreadableError as error:
        if error.code not in ABSENT:
            raise
        answer = []
    return of_stack(owner, answer, lambda each: pairs(each.get("tags")))


NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"


ADDON = "aws:eks/addon:Addon"


CLUSTER = "aws:eks/cluster:Cluster"


@dataclass(frozen=True, kw_only=True)
class NodeNeeds:
    """The nodes at their most: managed groups at `maxSize`, Karpenter's pools at their limits."""

    standard_vcpus: int
    other_families: tuple[str, ...]
    nodes: int
    disk_gib: int
    largest_group: int


def machines_of(need: Need) -> NodeNeeds:
    """The nodes of a plan at their most."""
    families: Counter[str] = Counter()
    nodes = disk = largest = 0
    for group in need.inputs(NODE_GROUP):
        most = int(group["scalingConfig"]["maxSize"])
        name = group["instanceTypes"][0]
        families[name[0]] += most * load_catalog().instance_class(name).vcpus
        nodes += most
        largest = max(largest, most)
    disk = nodes * need.settings.nodes.system.disk_gib
    for pool in need.inputs(NODE_POOL):
        vcpus = math.ceil(cores(pool["spec"]["limits"]["cpu"]))
        smallest = min(map(int, requirement(pool, "instance-cpu")))
        # The pool's limit is one for all its families, which have one quota.
        families[requirement(pool, "instance-category")[0]] += vcpus
        nodes += vcpus // smallest
        disk += vcpus // smallest * need.settings.nodes.system.disk_gib
    return NodeNeeds(
        standard_vcpus=sum(n for letter, n in families.items() if letter in STANDARD_FAMILIES),
        other_families=tuple(sorted(set(families) - STANDARD_FAMILIES)),
        nodes=nodes,
        disk_gib=disk,
        largest_group=largest,
    )


def _volumes_gib(need: Need) -> int:
    """gp3 volumes: the nodes' root disks and the database pods' own."""
    citus = need.settings.citus
    pods = citus.coordinator_instances + citus.shard_clusters * citus.instances_per_shard_cluster
    sharded = pods * citus.volume_gib if need.settings.sharding.present else 0
    return machines_of(need).disk_gib + sharded


_CLUSTER_QUOTAS = (
    Quota(
        service="ec2",
        code="L-1216C47A",
        name="Running On-Demand Standard instances, vCPUs",
        demand=lambda need: machines_of(need).standard_vcpus,
        used=usage.running_vcpus,
    ),
    Quota(
        service="ebs",
        code="L-7A658B76",
        name="Storage for gp3 volumes, TiB",
        demand=lambda need: _volumes_gib(need) / 1024,
        used=usage.volume_tib,
    ),
    Quota(
        service="eks",
        code="L-1194D53C",
        name="Clusters",
        demand=count_of(CLUSTER),
        used=usage.named("eks", "ListClusters", "clusters"),
    ),
)
"""Those of its machines too, whoever buys them."""


CARDS = (
    Card(
        type=CLUSTER,
        computed=_invented_cluster,
        values=ClosedValues(
            operations=(
                "eks:CreateCluster",
                "eks:RegisterCluster",
            ),
            closed={
                "enabledClusterLogTypes": frozenset(
                    {"api", "audit", "authenticator", "controllerManager", "scheduler"}
                ),
                "encryptionConfig.resources": frozenset({"secrets"}),
            },
            source="EKS API reference, LogSetup and EncryptionConfig",
        ),
        lifecycle=Calls(service="eks", create="CreateCluster").lifecycle(create=_create_cluster),
        verification=Verification(kind="EKS cluster", more=_verify_cluster),
        changes=Changes(
            holds="every object of the cluster",
            source=(provider("eks/cluster.go"),),
            properties={
                "name": REPLACE,
                "roleArn": REPLACE,
                "bootstrapSelfManagedAddons": REPLACE,
                "kubernetesNetworkConfig": REPLACE,
                "kubernetesNetworkConfig.elasticLoadBalancing": IN_PLACE,
                "outpostConfig": REPLACE,
                "remoteNetworkConfig": REPLACE,
                "encryptionConfig": PropertyRule(
                    effect=REPLACE, why="envelope encryption can be added, never taken away"
                ),
                "encryptionConfig.provider.keyArn": PropertyRule(
                    effect=REFUSED,
                    why="EKS keeps the first key",
                    source=(guide("EKS user guide", "Encrypt Kubernetes secrets with KMS"),),
                ),
                "accessConfig.bootstrapClusterCreatorAdminPermissions": REPLACE,
                "accessConfig.authenticationMode": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "one way, from CONFIG_MAP to API; who is admitted by the other mode "
                        "alone is locked out"
                    ),
                    source=(
                        guide("EKS user guide", "Change authentication mode to use access entries"),
                    ),
                ),
                "version": PropertyRule(
                    up=RESTART,
                    down=REFUSED,
                    outage=(
                        "none of the applications; nodes are then replaced one by one; one "
                        "minor version at a time"
                    ),
                    why="EKS never goes back to an older version",
                    source=(
                        guide(
                            "EKS user guide", "Update existing cluster to new Kubernetes version"
                        ),
                    ),
                ),
                "vpcConfig.subnetIds": IN_PLACE,
                "vpcConfig.securityGroupIds": IN_PLACE,
                "vpcConfig.publicAccessCidrs": IN_PLACE,
                "vpcConfig.endpointPrivateAccess": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="nodes would reach the API server from outside, or not at all",
                ),
                "vpcConfig.endpointPublicAccess": IN_PLACE,
                "enabledClusterLogTypes": IN_PLACE,
                "upgradePolicy": IN_PLACE,
                "zonalShiftConfig": IN_PLACE,
                "deletionProtection": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="any deletion would go through"
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("eks:",), count=each("eks:cluster")),
        quotas=_CLUSTER_QUOTAS,
        naming=Naming(title="cluster", key="name", state=_cluster_state),
        permissions=(
            "eks:CreateCluster",
            "eks:DescribeCluster",
            "eks:TagResource",
            "iam:PassRole",
            "kms:CreateGrant",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=ADDON,
        computed=_invented_of_cluster("addon", "addonName"),
        values=ClosedValues(
            operations=(
                "eks:CreateAddon",
                "eks:UpdateAddon",
            ),
            closed={
                "resolveConflictsOnCreate": frozenset({"NONE", "OVERWRITE"}),
                "resolveConflictsOnUpdate": frozenset({"NONE", "OVERWRITE", "PRESERVE"}),
            },
            source="EKS API reference, CreateAddon and UpdateAddon",
        ),
        lifecycle=Calls(service="eks", create="CreateAddon").lifecycle(create=_create_addon),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="AWS's own add-ons cost nothing; their pods run on the nodes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "eks:CreateAddon",
            "eks:DescribeAddon",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
