"""What every layer is built from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws

from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine


@dataclass(frozen=True, kw_only=True)
class Site:
    """What every layer is built from: the stack's settings, the plan, the account."""

    settings: Settings
    plan: Plan
    account_id: str


def has_broker(site: Site) -> bool:
    """Whether RabbitMQ carries the jobs."""
    return site.settings.queue.engine is QueueEngine.RABBITMQ


def stack_tags(settings: Settings) -> dict[str, str]:
    """Whose something is: for the bill, and for whoever finds it."""
    return {"managed-by": "pulumi", "project": settings.project, "stack": settings.stack}


def default_tags(settings: Settings) -> aws.ProviderDefaultTagsArgs:
    """Tags of everything in AWS that can carry them.

    They don't reach machines and disks, which AWS or Karpenter makes: those are handed
    `stack_tags` (Terraform AWS provider, resource tagging, "default_tags").
    """
    return aws.ProviderDefaultTagsArgs(tags=stack_tags(settings))
