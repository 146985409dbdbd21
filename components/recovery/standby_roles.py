"""The roles of pods that a waiting recovery site does not run yet.

IAM's control plane stands in us-east-1, so a failover from there can't make a role. A waiting site
has each role already, at the very address (URN) that it has when the pods' layers stand: an address
holds the types of the components around a resource, not their names. So what is made here is what
those layers find, and `active` makes and changes nothing at IAM; a test compares the two plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.applications.artifact_access import ArtifactAccess
from components.citus.backups import CitusBackups, CitusBackupsArgs
from components.observability.monitoring_roles import Watched, alertmanager_role, cloudwatch_role


@dataclass(frozen=True, kw_only=True)
class StandbyRolesArgs:
    """`artifacts` is granted to `readers`, by the tokens and names of the components around each
    role, then role and service account. `citus` is None where there is none; `stage` is how far
    the stack is on its way there."""

    artifacts: ArtifactAccess
    readers: Sequence[ArtifactReader]
    citus: CitusBackupsArgs | None
    stage: str
    watched: Watched
    alertmanager_account: str
    topic_arns: Sequence[str]
    topics_key_arn: Input[str]
    exporter_account: str


@dataclass(frozen=True, kw_only=True)
class ArtifactReader:
    """Who reaches the artifacts: the components around the role, its name, its account."""

    around: Sequence[tuple[str, str]]
    role: str
    service_account: str


_OBSERVABILITY = ("researchflow:observability:Observability", "observability")


def standby_roles(args: StandbyRolesArgs, on_aws: ResourceOptions) -> None:
    """Make each role, with the policies and the association that it will have."""
    for reader in args.readers:
        parent = _inside(reader.around, on_aws)
        args.artifacts.grant_to(reader.service_account, reader.role, parent=parent)
    if args.citus is not None:
        # The stage is the stack's, whether its servers stand or not.
        around = ComponentResource(
            "researchflow:data:Citus", "citus", {"standby": True, "stage": args.stage}, on_aws
        )
        CitusBackups("citus-backups", args.citus, ResourceOptions(parent=around))
    observability = _inside([_OBSERVABILITY], on_aws)
    stack = _within(observability, "researchflow:observability:PrometheusStack", "standby-stack")
    alertmanager_role(
        "observability-stack-alertmanager",
        args.watched,
        args.alertmanager_account,
        topics=args.topic_arns,
        topics_key_arn=args.topics_key_arn,
        parent=stack,
    )
    exporters = _within(observability, "researchflow:observability:Exporters", "standby-exporters")
    cloudwatch_role(
        "observability-exporters-cloudwatch", args.watched, args.exporter_account, exporters
    )


def _inside(around: Sequence[tuple[str, str]], on_aws: ResourceOptions) -> Resource:
    """Components of those types, one in the other; the innermost."""
    (token, name), *rest = around
    component: Resource = ComponentResource(token, name, {"standby": True}, on_aws)
    for token, name in rest:
        component = _within(component, token, name)
    return component


def _within(parent: Resource, token: str, name: str) -> Resource:
    return ComponentResource(token, name, {"standby": True}, ResourceOptions(parent=parent))
