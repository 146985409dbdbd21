"""The cluster, and what all of a plan's machines come to."""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rf.kubernetes.karpenter import NODE_POOL, cores, requirement
from rf.shared.account import usage
from rf.shared.account.names import ABSENT, of_stack, pairs
from rf.shared.account.unreadable import UnreadableError
from rf.shared.account.usage import STANDARD_FAMILIES
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, Name, Tagging, differing, look_up, make, retag, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    REFUSED,
    REPLACE,
    RESTART,
    Changes,
    PropertyRule,
)
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import NOT_SHOWN, Row, Verification, always
from rf.shared.offline.invention import Computed, Registration
from rf.shared.offline.pem import certificate_text
from scaleplan.catalog import load_catalog

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.need import Need
    from rf.shared.account.owned import Owner


NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"


CLUSTER = "aws:eks/cluster:Cluster"


TAGGING = Tagging(
    add="TagResource", remove="UntagResource", by="resourceArn", tags="tags", keys="tagKeys"
)


_CHANGED_MEMBER = {
    "accessConfig": "authenticationMode",
    "kubernetesNetworkConfig": "elasticLoadBalancing",
}
"""The one member of a block that can change later."""


_REACHED_BY = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
_STANDS_IN = ("subnetIds", "securityGroupIds")
_AUTO_MODE = ("computeConfig", "kubernetesNetworkConfig", "storageConfig")
"""Settings that change in one call."""


_LOG_KINDS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


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


def _with_log_kinds(_task: Task, inputs: Inputs) -> None:
    """The kinds that are delivered, and those that are not: the API keeps what nobody names."""
    if "enabledClusterLogTypes" not in inputs:
        return
    wanted = set(inputs.take("enabledClusterLogTypes") or [])
    setups = [
        {"types": sorted(wanted), "enabled": True},
        {"types": sorted(set(_LOG_KINDS) - wanted), "enabled": False},
    ]
    inputs["logging"] = {"clusterLogging": [each for each in setups if each["types"]]}


_CLUSTER = Calls(
    service="eks",
    create="CreateCluster",
    read="DescribeCluster",
    delete="DeleteCluster",
    name=Name(parameter="name", limit=100),
    renames={"vpcConfig": "resourcesVpcConfig"},
    provider_only=("defaultAddonsToRemoves", "forceUpdateVersion"),
    prepare=_with_log_kinds,
    gone={"status": "DELETING"},
    outputs={
        "arn": "arn",
        "endpoint": "endpoint",
        "platformVersion": "platformVersion",
        "status": "status",
    },
    tagging=TAGGING,
)


def _create_cluster(task: Task, inputs: Inputs) -> Created:
    network: dict[str, Any] = dict(inputs.get("vpcConfig") or {})
    created = make(_CLUSTER, task, inputs)
    answer = task.call("eks", "DescribeCluster", name=created.id)["cluster"]
    known: dict[str, Any] = {
        "certificateAuthority": {"data": answer["certificateAuthority"]["data"]},
        "identities": [{"oidcs": [{"issuer": answer["identity"]["oidc"]["issuer"]}]}],
    }
    # EKS makes a security group of its own, which nodes carry; moto makes none.
    group = _cluster_security_group(task, created.id, network)
    if group:
        described = dict(task.invented.get("vpcConfig") or {}) | network
        known["vpcConfig"] = described | {"clusterSecurityGroupId": group}
    return Created(created.id, {**created.outputs, **known})


def _read_cluster(task: Task, standing: Standing) -> Reading | None:
    """With the kinds of log that are on, which the API tells among all kinds."""
    reading = look_up(_CLUSTER, task, standing)
    if reading is None or not reading.thing:
        return reading
    setups = (reading.thing.get("logging") or {}).get("clusterLogging") or []
    kinds = {kind for setup in setups if setup.get("enabled") for kind in setup["types"]}
    planned: list[str] = standing.inputs.get("enabledClusterLogTypes") or []
    ordered = planned if set(planned) == kinds else sorted(kinds)
    return replace(reading, shown={**reading.shown, "enabledClusterLogTypes": ordered})


def _update_cluster(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """A new version, then each setting by a call of its own: EKS takes one kind of change at once.

    Those of a network are two kinds: who reaches the API server, and where it stands.
    """
    force = bool(inputs.take("forceUpdateVersion"))
    inputs.drop("defaultAddonsToRemoves")
    retag("eks", TAGGING, task, standing, inputs.take("tags") or {})
    old, wanted = standing.inputs, inputs.rest()
    changed = differing(old, wanted)
    if "enabledClusterLogTypes" in old and "enabledClusterLogTypes" not in wanted:
        changed["enabledClusterLogTypes"] = []
    if version := changed.pop("version", None):
        forced = {"force": True} if force else {}
        task.call("eks", "UpdateClusterVersion", name=standing.id, version=version, **forced)
    if "encryptionConfig" in changed:
        task.send(
            "eks",
            "AssociateEncryptionConfig",
            {"encryptionConfig": changed.pop("encryptionConfig")},
            clusterName=standing.id,
        )
    # Both have more members at the creation than later.
    for key, member in _CHANGED_MEMBER.items():
        if key in changed:
            changed[key] = {member: changed[key].get(member)}
    network = changed.pop("vpcConfig", {})
    before: Mapping[str, Any] = old.get("vpcConfig") or {}
    parts: list[dict[str, Any]] = [
        {"vpcConfig": {key: network[key] for key in keys if key in network}}
        for keys in (_REACHED_BY, _STANDS_IN)
        if any(key in network and network[key] != before.get(key) for key in keys)
    ]
    # What Auto Mode is made of changes in one call or not at all.
    together = {key: changed.pop(key) for key in _AUTO_MODE if key in changed}
    parts += [together] if together else []
    parts += [{key: value} for key, value in sorted(changed.items())]
    for part in parts:
        setting = Inputs(part)
        _with_log_kinds(task, setting)
        task.send("eks", "UpdateClusterConfig", setting.rest(), _CLUSTER.renames, name=standing.id)
    return Created(standing.id, standing.outputs)


def _delete_cluster(task: Task, standing: Standing) -> None:
    """With the security group that EKS made for it, which goes with its cluster."""
    take_away(_CLUSTER, task, standing)
    group = (standing.outputs.get("vpcConfig") or {}).get("clusterSecurityGroupId")
    if not group:
        return
    try:
        task.call("ec2", "DeleteSecurityGroup", GroupId=group)
    except RequestError as error:
        if not error.says_gone:
            raise


def _subnets(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    actual = reading.thing["resourcesVpcConfig"]["subnetIds"]
    return sorted(inputs["vpcConfig"]["subnetIds"]), sorted(actual)


def _of_network(key: str) -> Row:
    """A setting of who reaches the API server, where the plan has it."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
        if key not in inputs["vpcConfig"]:
            return None
        actual = reading.thing["resourcesVpcConfig"].get(key, NOT_SHOWN)
        return inputs["vpcConfig"][key], actual

    return row


def _secrets_key(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    key = (inputs.get("encryptionConfig") or {}).get("provider", {}).get("keyArn")
    if not key:
        return None
    entries = reading.thing.get("encryptionConfig") or []
    return [key], [entry["provider"]["keyArn"] for entry in entries]


def _cluster_state(account: Account, owner: Owner, name: str) -> Answer:
    try:
        answer = [account.read("eks", "DescribeCluster", name=name)["cluster"]]
    except UnreadableError as error:
        if error.code not in ABSENT:
            raise
        answer = []
    return of_stack(owner, answer, lambda each: pairs(each.get("tags")))


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

_ANOTHER_CLUSTER = (
    "make another stack beside it, with the new value, and restore its data there",
    "lead users to it (docs/disaster-recovery.md), then give the old one up",
)


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
        lifecycle=_CLUSTER.lifecycle(
            create=_create_cluster,
            read=_read_cluster,
            update=_update_cluster,
            delete=_delete_cluster,
        ),
        creation=Creation(
            minutes=10,
            source=(
                thread("terraform-aws-modules/terraform-aws-eks#3218", "10 min 6 s"),
                thread("DevopsArtFactory/terraform-provisioning#46", "8 min 33 s"),
            ),
        ),
        verification=Verification(
            kind="EKS cluster",
            rows={
                "status": always("ACTIVE", "status"),
                "version": "version",
                "role": "roleArn",
                "subnets": _subnets,
                "endpointPublicAccess": _of_network("endpointPublicAccess"),
                "endpointPrivateAccess": _of_network("endpointPrivateAccess"),
                "key of secrets": _secrets_key,
            },
        ),
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
                    way=_ANOTHER_CLUSTER,
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
                    way=_ANOTHER_CLUSTER,
                    skipping=PropertyRule(
                        effect=REFUSED,
                        why="EKS raises the control plane one minor version at a time",
                        way=(
                            "raise kubernetesVersion by one, deploy, and wait for the nodes",
                            "raise it by the next one",
                        ),
                        source=(
                            guide(
                                "EKS user guide",
                                "Update existing cluster to new Kubernetes version",
                            ),
                        ),
                    ),
                    source=(
                        guide(
                            "EKS user guide", "Update existing cluster to new Kubernetes version"
                        ),
                    ),
                ),
                "vpcConfig": PropertyRule(
                    effect=DANGEROUS,
                    why="the control plane takes other subnets and groups of its own VPC alone",
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
                "enabledClusterLogTypes": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="part of what is done in the cluster would no longer be recorded",
                ),
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
            ServiceLinkedRole(principal="eks.amazonaws.com", name="AWSServiceRoleForAmazonEKS"),
            "eks:DescribeCluster",
            "eks:TagResource",
            "iam:PassRole",
            "kms:CreateGrant",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
