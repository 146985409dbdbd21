"""Where alerts go, and the thresholds that the plan's table leaves open."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.config.section import Allowed, Matching
from scaleplan.sizes import Section


class Grade(Section):
    """Where a measure warns, and where it is critical."""

    warning: int
    critical: int


class ObservabilityPlan(Section):
    """Thresholds of the alerts that the plan's table does not have; its own are in `Thresholds`.

    Each pair warns first and is critical second; the last word of a name is the unit.
    """

    scrape_interval_seconds: int
    replica_lag_seconds: Grade
    pool_used_percent: Grade
    client_wait_seconds: Grade
    oldest_job_seconds: Grade
    storage_free_percent: Grade
    volume_free_percent: Grade
    certificate_days: Grade
    backup_age_hours: Grade
    cpu_credits: int
    availability_percent: float
    latency_percent: float


PAGERDUTY_ROUTING_KEY = "pagerdutyRoutingKey"
SLACK_WEBHOOK_URL = "slackWebhookUrl"

SECRET_KEYS = {
    PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef",
    SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/stand-in",
}
"""Config keys that are secrets, the only ones, and what stands for each where nobody can decrypt
it: in the offline plan and the sandbox."""


class PageChannel(StrEnum):
    """What wakes somebody."""

    SNS = "sns"
    PAGERDUTY = "pagerduty"
    SLACK = "slack"


class TicketChannel(StrEnum):
    """What is read on the next working day."""

    SNS = "sns"
    SLACK = "slack"


EmailAddress = Annotated[
    str, Matching(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,63}", "an e-mail address, as ops@example.com")
]


class AlertsSettings(Section):
    """Where alerts go. An SNS topic is always there; its subscribers get what has no other way."""

    page: Annotated[
        PageChannel,
        Field(
            description="what critical alerts go to; pagerduty needs the secret "
            "`pagerdutyRoutingKey`, slack the secret `slackWebhookUrl`"
        ),
    ] = PageChannel.SNS
    ticket: Annotated[
        TicketChannel,
        Field(description="what warnings go to; slack needs the secret `slackWebhookUrl`"),
    ] = TicketChannel.SNS
    slack_channel: Annotated[
        str,
        Matching(r"(#[a-z0-9._-]{1,79})?", "empty, or a channel's name, as #researchflow-alerts"),
        Field(description="Slack channel; empty means the webhook's own"),
    ] = ""
    emails: Annotated[
        tuple[EmailAddress, ...],
        Allowed("a list of e-mail addresses, each once"),
        Field(description="subscribers of the SNS topics; each must confirm AWS's mail once"),
    ] = ()

    runbooks_url: Annotated[
        str,
        Matching(
            r"(https://[^\s]+[^\s/])?", "empty, or an https address without a slash at its end"
        ),
        Field(description="where docs/runbooks is read; empty names the pages in the repository"),
    ] = ""

    @field_validator("emails")
    @classmethod
    def _emails_are_named_once(cls, emails: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(emails)) != len(emails):
            raise PydanticCustomError("emails", "are given twice")
        return emails

    def secrets_needed(self) -> dict[str, str]:
        """Secret config keys that the channels need, and which setting asks for each."""
        needed: dict[str, str] = {}
        if self.ticket is TicketChannel.SLACK:
            needed[SLACK_WEBHOOK_URL] = "alerts.ticket"
        if self.page is PageChannel.SLACK:
            needed[SLACK_WEBHOOK_URL] = "alerts.page"
        if self.page is PageChannel.PAGERDUTY:
            needed[PAGERDUTY_ROUTING_KEY] = "alerts.page"
        return needed
