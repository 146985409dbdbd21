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


def default_tags(settings: Settings) -> aws.ProviderDefaultTagsArgs:
    """Tags of everything in AWS that can carry them."""
    return aws.ProviderDefaultTagsArgs(
        tags={"managed-by": "pulumi", "project": settings.project, "stack": settings.stack}
    )
