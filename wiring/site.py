"""What every layer is built from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws

from scaleplan.model import Plan
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Site:
    """What every layer is built from: the stack's settings, the plan, the account."""

    settings: Settings
    plan: Plan
    account_id: str


def default_tags(settings: Settings) -> aws.ProviderDefaultTagsArgs:
    """Tags of everything in AWS that can carry them."""
    return aws.ProviderDefaultTagsArgs(
        tags={"managed-by": "pulumi", "project": settings.project, "stack": settings.stack}
    )
