"""Rules of how the program declares resources: providers, tags, and what it protects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .rule import Resource, Rule, RuleLayer, StackResources
from .tokens import (
    ADDON,
    AWS_PROVIDER,
    BROKER,
    BUCKET,
    BUCKET_BLOCK,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_REPLICATION,
    BUCKET_VERSIONING,
    CITUS,
    CLUSTER,
    DATABASE,
    DISTRIBUTION,
    KEY,
    KEY_VALUE_STORE,
    LAUNCH_TEMPLATE,
    LOAD_BALANCER,
    NODE_CLASS,
    REDIS,
    REPLICA_KEY,
    REPOSITORY,
    STORED_SECRET,
    SUBNET,
    TRAIL,
    VAULT,
    VAULT_LOCK,
    VPC,
    ZONE,
)
from .values import at, listed

STATEFUL = (
    KEY_VALUE_STORE,
    TRAIL,
    REPOSITORY,
    CLUSTER,
    REDIS,
    VAULT,
    KEY,
    REPLICA_KEY,
    BROKER,
    DATABASE,
    ZONE,
    BUCKET,
    STORED_SECRET,
    CITUS,
)
"""What something is lost with: data, keys to data, or a name that clients keep."""

STANDS_UNDER = (DISTRIBUTION, LOAD_BALANCER, SUBNET, VPC)
"""What stores and users stand on, and what another of has another address."""

KEEPS_CLOSED = (
    BUCKET_BLOCK,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_REPLICATION,
    BUCKET_VERSIONING,
    VAULT_LOCK,
)
"""What keeps a store closed, encrypted and whole: an update that may not delete the store must not
open it first, nor end its versions."""

REQUIRED_TAGS = ("managed-by", "project", "stack")


def _has_own_provider(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type.startswith("pulumi:"):
        return
    if resource.provider is None:
        yield "has no provider of the program's own"
    elif resource.provider.name.startswith("default"):
        yield f"uses {resource.provider.name}, which takes region and account from the shell"


def _default_tags(resource: Resource, stack: StackResources) -> Iterator[str]:
    declared = at(resource.inputs, "defaultTags", {})
    tags = at(json.loads(declared) if isinstance(declared, str) else declared, "tags", {})
    missing = [key for key in REQUIRED_TAGS if not isinstance(tags, Mapping) or not tags.get(key)]
    if missing:
        yield f"gives no tag {', '.join(missing)}"


def _machines_are_tagged(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type.endswith(":EC2NodeClass"):
        tags_of = {"machines": at(resource.inputs, "spec.tags", {})}
    else:
        tags_of = {kind: {} for kind in ("instance", "volume")}
        for each in listed(resource.inputs, "tagSpecifications"):
            tags_of[str(at(each, "resourceType"))] = at(each, "tags", {})
    for kind, tags in tags_of.items():
        missing = [key for key in REQUIRED_TAGS if not tags.get(key)]
        if missing:
            yield f"gives its {kind} no tag {', '.join(missing)}"


def _volumes_are_tagged(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "addonName") != "aws-ebs-csi-driver":
        return
    config = json.loads(at(resource.inputs, "configurationValues", "{}"))
    tags = at(config, "controller.extraVolumeTags", {})
    missing = [key for key in REQUIRED_TAGS if not tags.get(key)]
    if missing:
        yield f"gives the volumes of pods no tag {', '.join(missing)}"


def _protected(resource: Resource, stack: StackResources) -> Iterator[str]:
    if stack.protects_data and not resource.protect:
        yield "can be deleted by one `pulumi up`"


def _may_be_thrown_away(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data and "replicateSourceDb" not in resource.inputs:
        yield "belongs to a stack with protectData: false, whose stores a `pulumi destroy` removes"


RULES = (
    Rule(
        id="no-default-provider",
        layer=RuleLayer.PROGRAM,
        demand="Every resource has a provider that the program declares.",
        reason="A default provider takes account and region from whoever runs it: the same commit"
        " then deploys to another account.",
        source="Pulumi docs, Concepts, Providers, `pulumi:disable-default-providers`",
        remedy="hand the layer's ResourceOptions with `providers` to it, as `__main__.py` does",
        check=_has_own_provider,
    ),
    Rule(
        id="default-tags",
        layer=RuleLayer.PROGRAM,
        demand="The AWS provider tags everything with managed-by, project and stack.",
        reason="Cost by stack, and who is asked about a resource found at night, rest on them.",
        source="AWS whitepaper, Best Practices for Tagging AWS Resources",
        remedy="give them in `default_tags` of `wiring/stack.py`",
        types=(AWS_PROVIDER,),
        check=_default_tags,
    ),
    Rule(
        id="machines-tagged",
        layer=RuleLayer.PROGRAM,
        demand="What launches machines tags them and their volumes as the provider tags the rest.",
        reason="A provider's default tags stop at the launch template and at Karpenter's class: the"
        " largest part of the bill, and every machine, would belong to nobody.",
        source="Terraform AWS provider, Resource tagging, default_tags; EKS user guide, Launch"
        " templates; Karpenter docs, NodeClasses, spec.tags",
        remedy="give `tags` to the node group and to Karpenter's EC2NodeClass",
        types=(
            LAUNCH_TEMPLATE,
            NODE_CLASS,
        ),
        check=_machines_are_tagged,
    ),
    Rule(
        id="volumes-tagged",
        layer=RuleLayer.PROGRAM,
        demand="The driver of volumes tags each as the provider tags the rest.",
        reason="A volume outlives its pod; without a tag nobody knows whose data is on it.",
        source="EBS CSI driver, Volume tagging, extraVolumeTags",
        remedy="give `tags` to the add-on, as `components/cluster/addons.py` does",
        types=(ADDON,),
        check=_volumes_are_tagged,
    ),
    Rule(
        id="stateful-protected",
        layer=RuleLayer.PROGRAM,
        demand="What holds data, and what keeps that closed and reached, has `protect`, unless the"
        " stack says protectData: false.",
        reason="A rename or a wrong merge would delete patients' data in one step.",
        source="Pulumi docs, Resource options, protect",
        remedy="give `protect=args.protect` to the resource's options",
        types=(*STATEFUL, *STANDS_UNDER, *KEEPS_CLOSED),
        check=_protected,
    ),
    Rule(
        id="data-protected-from-medium",
        layer=RuleLayer.PROGRAM,
        demand="Only a small stack may say protectData: false.",
        reason="From medium on it carries users whose data nobody may throw away by a default.",
        source="scale plan, Resource Estimates by Scale; README, Deploying for real",
        remedy="remove `protectData: false` from the stack file, or deploy a small stack",
        types=(DATABASE,),
        from_size="medium",
        check=_may_be_thrown_away,
    ),
)
