"""StackGres, the operator that knows Citus: it starts, fails over, backs up and reshards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Input, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.shared.chart_release import ON_SYSTEM_NODES, chart_release, resources_of
from rendering.citus.names import OPERATOR_NAMESPACE
from rendering.network.flow import Flow
from scaleplan.cluster import charts
from scaleplan.images.image import PUBLISHED, ImageSource


@dataclass(frozen=True, kw_only=True)
class ShardingOperatorArgs:
    """The cluster that the operator runs in, and how far it may go."""

    cluster: ClusterHandle
    images: ImageSource = PUBLISHED

    watch_namespace: Input[str]
    """The only namespace that the operator may enter; it exists already."""

    flows: Sequence[Flow]
    """The table of allowed connections."""


class ShardingOperator(ComponentResource):
    """The operator alone; wait for `release` before using its kinds.

    Its web console and API stay off: they would be a second way to the databases, with passwords
    of their own. So does its collector of metrics, which has nowhere to send them to.
    """

    release: pulumi.Resource

    def __init__(
        self, name: str, args: ShardingOperatorArgs, opts: ResourceOptions | None = None
    ) -> None:
        chart = charts.STACKGRES_OPERATOR
        super().__init__(
            "researchflow:platform:ShardingOperator", name, {"chart": chart.version}, opts
        )
        self.release = chart_release(
            self,
            name,
            chart,
            namespace=OPERATOR_NAMESPACE,
            images=args.images,
            wait_for=[args.cluster.ready],
            values={
                "allowedNamespaces": [args.watch_namespace],
                "deploy": {"operator": True, "restapi": False, "collector": False},
                "operator": {
                    "nodeSelector": ON_SYSTEM_NODES,
                    "resources": resources_of("stackgres-operator"),
                },
                "jobs": {"nodeSelector": ON_SYSTEM_NODES},
            },
        )
        NetworkPolicies(
            f"{name}-network",
            NetworkPoliciesArgs(
                namespace=OPERATOR_NAMESPACE,
                flows=args.flows,
                closed=True,
                # Which makes the namespace.
                namespace_ready=self.release,
            ),
            ResourceOptions(parent=self),
        )
        self.register_outputs({})
