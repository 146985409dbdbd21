"""Rules of machines, their disks, the volumes of pods, and how many there may be."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import LAUNCH_TEMPLATE, NODE_CLASS, NODE_GROUP, NODE_POOL, STORAGE_CLASS
from ..shared.values import at, is_true, listed

LARGEST_GROUP = 30
"""Machines of one managed group at most: the plan's large size needs nine."""


def _metadata(resource: Resource, stack: StackResources) -> Iterator[str]:
    options = at(resource.inputs, "metadataOptions") or at(
        resource.inputs, "spec.metadataOptions", {}
    )
    if at(options, "httpTokens") != "required":
        yield "answers IMDSv1: one forged request of a pod gets the machine's credentials"
    if at(options, "httpPutResponseHopLimit", 2) != 1:
        yield "answers pods: the machine's role is theirs"


def _disks(resource: Resource, stack: StackResources) -> Iterator[str]:
    inputs = at(resource.inputs, "spec", resource.inputs)
    mappings = listed(inputs, "blockDeviceMappings")
    if not mappings:
        yield "leaves the disk to the image, unencrypted"
    for each in mappings:
        if not is_true(each, "ebs.encrypted"):
            yield f"{at(each, 'deviceName')} is unencrypted"
        elif not ("kmsKeyId" in each["ebs"] or "kmsKeyID" in each["ebs"]):
            yield f"{at(each, 'deviceName')} is under no key of the stack"


def _image_pinned(resource: Resource, stack: StackResources) -> Iterator[str]:
    for term in listed(resource.inputs, "spec.amiSelectorTerms"):
        if str(at(term, "alias", "")).endswith("@latest"):
            yield "takes the newest image: machines change under the pods, unreviewed"


def _pool_limited(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key in ("cpu", "memory"):
        if not at(resource.inputs, f"spec.limits.{key}"):
            yield f"may grow without a limit of {key}"


def _group_limited(resource: Resource, stack: StackResources) -> Iterator[str]:
    most = at(resource.inputs, "scalingConfig.maxSize", 0)
    if not 0 < most <= LARGEST_GROUP:
        yield f"may have {most} machines"


def _volume_encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "parameters.encrypted"):
        yield "makes unencrypted volumes"
    elif not at(resource.inputs, "parameters.kmsKeyId"):
        yield "makes volumes under the account's key, not under one of the stack"


RULES = (
    Rule(
        id="machines-imdsv2",
        layer=RuleLayer.CLUSTER,
        demand="Machines answer IMDSv2 alone, and no pod.",
        reason="With the machine's role a pod reads images, volumes and the cluster.",
        source="AWS Security Hub, EC2.8; EKS best practices, Restrict the instance profile",
        remedy="set httpTokens required and httpPutResponseHopLimit 1",
        types=(LAUNCH_TEMPLATE, NODE_CLASS),
        check=_metadata,
    ),
    Rule(
        id="machine-disks-encrypted",
        layer=RuleLayer.CLUSTER,
        demand="Machines' disks are encrypted with a key of the stack.",
        reason="emptyDir volumes, images and logs of pods lie on them.",
        source="AWS Security Hub, EC2.7; HIPAA Security Rule, 45 CFR 164.312(a)(2)(iv)",
        remedy="set ebs.encrypted and its key",
        types=(LAUNCH_TEMPLATE, NODE_CLASS),
        check=_disks,
    ),
    Rule(
        id="machine-image-pinned",
        layer=RuleLayer.CLUSTER,
        demand="Karpenter's machine image is pinned.",
        reason="@latest replaces machines the day an image appears, in production first.",
        source="Karpenter docs, Managing AMIs",
        remedy="name a release in `scaleplan/versions.yaml`",
        types=(NODE_CLASS,),
        check=_image_pinned,
    ),
    Rule(
        id="node-pools-limited",
        layer=RuleLayer.CLUSTER,
        demand="Every node pool has a limit of CPU and memory.",
        reason="A looping autoscaler otherwise spends until the account's quota.",
        source="Karpenter docs, NodePools, spec.limits",
        remedy="set spec.limits",
        types=(NODE_POOL,),
        check=_pool_limited,
    ),
    Rule(
        id="node-groups-limited",
        layer=RuleLayer.CLUSTER,
        demand=f"A managed node group has {LARGEST_GROUP} machines at most.",
        reason="A typing error in maxNodes is an invoice.",
        source="scale plan, Resource Estimates by Scale; EKS user guide, Managed node groups",
        remedy="lower nodes.*.maxNodes",
        types=(NODE_GROUP,),
        check=_group_limited,
    ),
    Rule(
        id="volumes-encrypted",
        layer=RuleLayer.STORAGE,
        demand="Every StorageClass makes volumes that are encrypted with a key of the stack.",
        reason="Citus and Prometheus keep their data on them.",
        source="AWS Security Hub, EC2.3; EBS CSI driver, Parameters, encrypted and kmsKeyId",
        remedy="set parameters.encrypted and parameters.kmsKeyId",
        types=(STORAGE_CLASS,),
        check=_volume_encrypted,
    ),
)
