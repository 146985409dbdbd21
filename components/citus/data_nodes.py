"""Machines for databases in the cluster: one node group a zone, as volumes don't leave theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.cluster.node_group import IMAGE_TYPES, ROOT_DEVICE
from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.citus.names import DATA_POOL
from rendering.cluster.node_pools import POOL_LABEL
from rendering.network.subnet_layout import ZONE_KEYS
from scaleplan.catalog import Architecture
from scaleplan.citus.data_nodes import ROOT_DISK_GIB, SPARE_NODES_A_ZONE


@dataclass(frozen=True, kw_only=True)
class DataNodesArgs:
    """Where the nodes stand, of which kind, and how many in each zone."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    subnet_ids: Input[list[str]]
    """Private subnets, one a zone."""

    instance_class: str
    """The EC2 class of the nodes, each of which holds one server."""

    architecture: Architecture
    """The processor family of that class."""

    nodes_by_zone: Sequence[int]
    """How many nodes each zone needs, in the order of the subnets."""


class DataNodes(ComponentResource):
    """On-demand machines that only pods which tolerate `researchflow/pool=data` may enter.

    Unlike the group of controllers, the number follows the settings: a pod has a node of its own,
    and nothing scales these groups at run time. A failed machine is replaced in its zone, where its
    volume waits.
    """

    groups: list[pulumi.Resource]

    def __init__(self, name: str, args: DataNodesArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"instanceClass": args.instance_class, "nodes": sum(args.nodes_by_zone)}
        super().__init__("researchflow:cluster:DataNodes", name, summary, opts)
        self._name, self._args = name, args
        template = self._launch_template()
        self.groups = [
            self._group(zone, index, nodes, template)
            for index, (zone, nodes) in enumerate(zip(ZONE_KEYS, args.nodes_by_zone, strict=True))
            if nodes
        ]
        self.register_outputs({})

    def _group(
        self, zone: str, index: int, nodes: int, template: aws.ec2.LaunchTemplate
    ) -> aws.eks.NodeGroup:
        args = self._args
        return aws.eks.NodeGroup(
            f"{self._name}-{zone}",
            cluster_name=args.cluster.name,
            version=args.cluster.kubernetes_version,
            node_role_arn=args.cluster.node_role_arn,
            subnet_ids=Output.from_input(args.subnet_ids).apply(lambda ids: [ids[index]]),
            ami_type=IMAGE_TYPES[args.architecture],
            capacity_type="ON_DEMAND",
            instance_types=[args.instance_class],
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=nodes, desired_size=nodes, max_size=nodes + SPARE_NODES_A_ZONE
            ),
            # One database at a time; its pod's disruption budget lets no second one go.
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            labels={POOL_LABEL: DATA_POOL},
            taints=[
                aws.eks.NodeGroupTaintArgs(key=POOL_LABEL, value=DATA_POOL, effect="NO_SCHEDULE")
            ],
            opts=ResourceOptions(parent=self, depends_on=list(args.cluster.machines_wait_for)),
        )

    def _launch_template(self) -> aws.ec2.LaunchTemplate:
        tags = {**self._args.place.tags, "Name": f"{self._args.place.prefix}-{DATA_POOL}"}
        return aws.ec2.LaunchTemplate(
            self._name,
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
                        volume_size=ROOT_DISK_GIB,
                        encrypted="true",
                        kms_key_id=self._args.keys.data_arn,
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
