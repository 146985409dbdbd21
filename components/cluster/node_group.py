"""One managed node group: machines that EKS starts, replaces and drains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.cluster.node_pools import POOL_LABEL
from scaleplan.catalog import Architecture
from scaleplan.sizes import NodeGroupSettings

IMAGE_TYPES: Mapping[Architecture, str] = {
    Architecture.ARM64: "AL2023_ARM_64_STANDARD",
    Architecture.X86_64: "AL2023_x86_64_STANDARD",
}
"""EKS API, `AMITypes`: Amazon Linux 2023 of each processor family."""

ROOT_DEVICE = "/dev/xvda"
"""Root device of the Amazon Linux 2023 images."""


@dataclass(frozen=True, kw_only=True)
class NodeGroupArgs:
    """The machines of one group. The data key encrypts their disks, and the place's tags go on
    both, which no provider's default tags reach."""

    place: Place
    keys: Keys

    pool: str
    """The value of the nodes' label `researchflow/pool`, by which pods choose them."""

    cluster_name: Input[str]
    """The cluster that the nodes join."""

    kubernetes_version: str
    """The nodes' version, as 1.35: the control plane's."""

    role_arn: Input[str]
    """The role of every node."""

    subnet_ids: Input[list[str]]
    """Private subnets that the machines are spread over."""

    settings: NodeGroupSettings
    """The EC2 class, the bounds of the group's size, and the root disk."""

    architecture: Architecture
    """The processor family of that class, which decides the image."""

    wait_for: Sequence[pulumi.Resource]
    """What a node needs when it joins: the network add-ons and its role's policies."""


class NodeGroup(ComponentResource):
    """On-demand machines with encrypted disks; pods can't reach the machine's own credentials."""

    group: pulumi.Resource

    def __init__(self, name: str, args: NodeGroupArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "pool": args.pool,
            "instanceClass": args.settings.instance_class,
            "minNodes": args.settings.min_nodes,
            "maxNodes": args.settings.max_nodes,
        }
        super().__init__("researchflow:cluster:NodeGroup", name, summary, opts)
        template = self._launch_template(name, args)
        self.group = aws.eks.NodeGroup(
            name,
            cluster_name=args.cluster_name,
            version=args.kubernetes_version,
            node_role_arn=args.role_arn,
            subnet_ids=args.subnet_ids,
            ami_type=IMAGE_TYPES[args.architecture],
            capacity_type="ON_DEMAND",
            instance_types=[args.settings.instance_class],
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=args.settings.min_nodes,
                max_size=args.settings.max_nodes,
                desired_size=args.settings.min_nodes,
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            labels={POOL_LABEL: args.pool},
            opts=ResourceOptions(
                parent=self,
                # The number of machines belongs to whoever scales at run time, an operator or an
                # autoscaler, between minNodes and maxNodes; an update here would undo it.
                ignore_changes=["scalingConfig.desiredSize"],
                depends_on=list(args.wait_for),
            ),
        )
        self.register_outputs({})

    def _launch_template(self, name: str, args: NodeGroupArgs) -> aws.ec2.LaunchTemplate:
        tags = {**args.place.tags, "Name": f"{args.place.prefix}-{args.pool}"}
        return aws.ec2.LaunchTemplate(
            name,
            update_default_version=True,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                # One hop ends at the machine: a pod asking for the node's role gets no answer.
                http_put_response_hop_limit=1,
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=ROOT_DEVICE,
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3",
                        volume_size=args.settings.disk_gib,
                        encrypted="true",
                        kms_key_id=args.keys.data_arn,
                        delete_on_termination="true",
                    ),
                )
            ],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            opts=ResourceOptions(parent=self),
        )
