"""The cluster, its add-ons, node groups, and who may do what in it."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

import base64
from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:eks/cluster:Cluster")
def cluster(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:eks/nodeGroup:NodeGroup")
def node_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("nodeGroupName") or task.auto_name("nodeGroupName", 63)
    inputs.drop("forceUpdateVersion")
    owner = inputs["clusterName"]
    taints = inputs.take("taints") or []
    answer = task.send(
        "eks",
        "CreateNodegroup",
        inputs.rest() | ({"taints": taints} if taints else {}),
        {"nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
        nodegroupName=name,
    )["nodegroup"]
    known = {"arn": answer["nodegroupArn"], "nodeGroupName": name, "status": answer["status"]}
    return Created(f"{owner}:{name}", known)


@handles("aws:eks/addon:Addon")
def addon(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:eks/accessEntry:AccessEntry")
def access_entry(task: Task, inputs: Inputs) -> Created:
    owner, principal = inputs["clusterName"], inputs["principalArn"]
    task.send("eks", "CreateAccessEntry", inputs.rest(), {"userName": "username"})
    return Created(f"{owner}:{principal}")


@handles("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
def access_policy_association(task: Task, inputs: Inputs) -> Created:
    parts = [inputs[key] for key in ("clusterName", "principalArn", "policyArn")]
    task.send("eks", "AssociateAccessPolicy", inputs.rest())
    return Created("#".join(parts))


@handles("aws:eks/podIdentityAssociation:PodIdentityAssociation")
def pod_identity_association(task: Task, inputs: Inputs) -> Created:
    task.send("eks", "CreatePodIdentityAssociation", inputs.rest())
    return Created(str(task.invented.get("associationId") or f"a-{task.name}"))
