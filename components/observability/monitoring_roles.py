"""The roles of what watches a stack: the sender of alerts, and the reader of CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, Output, Resource, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.observability.cloudwatch_exporter import cloudwatch_reader_policy
from rendering.shared.iam_documents import policy_document, statement


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The cluster that a role's pods run in; `cluster_ready` is what its association waits for."""

    place: Place
    cluster: ClusterHandle
    namespace: str


def alertmanager_role(
    name: str,
    watched: Watched,
    service_account: str,
    *,
    topics: Sequence[Input[str]],
    topics_key_arn: Input[str],
    parent: Resource,
) -> PodRole:
    """Publishes to those topics, and to nothing else."""
    policy = Output.all(
        topics=[computed_text(topic) for topic in topics], key=computed_text(topics_key_arn)
    ).apply(
        lambda known: policy_document(
            statement("SendAlerts", ["sns:Publish"], known["topics"]),
            statement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [known["key"]]),
        )
    )
    return _role(name, watched, service_account, {"topics": policy}, parent)


def cloudwatch_role(name: str, watched: Watched, service_account: str, parent: Resource) -> PodRole:
    """Reads metrics, which can't be limited to a stack's own."""
    return _role(name, watched, service_account, {"metrics": cloudwatch_reader_policy()}, parent)


def _role(
    name: str,
    watched: Watched,
    service_account: str,
    policies: dict[str, Input[str]],
    parent: Resource,
) -> PodRole:
    return PodRole(
        name,
        PodRoleArgs(
            place=watched.place,
            cluster_name=watched.cluster.name,
            namespace=watched.namespace,
            service_account=service_account,
            policies=policies,
            cluster_ready=watched.cluster.ready,
        ),
        ResourceOptions(parent=parent),
    )
