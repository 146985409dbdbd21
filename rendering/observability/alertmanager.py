"""Alertmanager's configuration: who hears of what, and what silences what.

It holds no secret: a key or an address that is one is read from a file (`*_file`), mounted from a
Secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rendering.observability.alerting.rule import Route, Severity
from scaleplan.observability.alerts import AlertsSettings, PageChannel, TicketChannel

CHANNELS_SECRET = "alert-channels"  # noqa: S105 - the name of a Secret
ROUTING_KEY_FILE = "pagerduty-routing-key"
SLACK_URL_FILE = "slack-webhook-url"
_MOUNTED = f"/etc/alertmanager/secrets/{CHANNELS_SECRET}"
"""Where the operator mounts a Secret of `alertmanagerSpec.secrets`."""

HEARTBEAT = "heartbeat"
HEARTBEAT_MINUTES = 5
"""How often the dead man's switch is heard."""

SAME_SUBJECT = (
    "alertname",
    "instance",
    "namespace",
    "node",
    "pod",
    "persistentvolumeclaim",
    "queue",
    "service",
    "store",
    "workload",
)
"""Labels in which a critical alert and the warning that it silences agree; one that neither has
counts as equal (Alertmanager, "Inhibition-related settings")."""


@dataclass(frozen=True, kw_only=True)
class Topics:
    """ARNs of the SNS topics."""

    page: str
    ticket: str
    heartbeat: str


def alertmanager_config(settings: AlertsSettings, region: str, topics: Topics) -> dict[str, Any]:
    """The whole configuration, as the chart's `alertmanager.config` takes it.

    An alert of the chart's own rules has no `route`: its severity decides.
    """
    return {
        "global": {"resolve_timeout": "5m"},
        "inhibit_rules": [
            {
                "source_matchers": [f"severity = {Severity.CRITICAL}"],
                "target_matchers": [f"severity =~ {Severity.WARNING}|info"],
                "equal": list(SAME_SUBJECT),
            }
        ],
        "route": {
            "receiver": str(Route.NONE),
            "group_by": ["alertname", "namespace"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [
                {
                    "receiver": HEARTBEAT,
                    "matchers": ["alertname = DeadMansSwitch"],
                    "group_wait": "0s",
                    "group_interval": f"{HEARTBEAT_MINUTES}m",
                    "repeat_interval": f"{HEARTBEAT_MINUTES}m",
                },
                _route(Route.NONE, f"route = {Route.NONE}"),
                # Repeated until somebody has it.
                _route(Route.PAGE, f"route = {Route.PAGE}", repeat="1h"),
                _route(Route.TICKET, f"route = {Route.TICKET}", repeat="24h"),
                _route(Route.PAGE, f"severity = {Severity.CRITICAL}", repeat="1h"),
                _route(Route.TICKET, f"severity = {Severity.WARNING}", repeat="24h"),
            ],
        },
        "receivers": [
            {"name": str(Route.NONE)},
            {"name": HEARTBEAT, **_sns(topics.heartbeat, region, resolved=False)},
            {"name": str(Route.PAGE), **_page(settings, region, topics.page)},
            {"name": str(Route.TICKET), **_ticket(settings, region, topics.ticket)},
        ],
    }


def _route(receiver: Route, matcher: str, repeat: str | None = None) -> dict[str, Any]:
    return {
        "receiver": str(receiver),
        "matchers": [matcher],
        **({"repeat_interval": repeat} if repeat else {}),
    }


def _page(settings: AlertsSettings, region: str, topic: str) -> Mapping[str, Any]:
    if settings.page is PageChannel.PAGERDUTY:
        return {
            "pagerduty_configs": [
                {
                    "routing_key_file": f"{_MOUNTED}/{ROUTING_KEY_FILE}",
                    "send_resolved": True,
                    "severity": "critical",
                    "description": _TITLE,
                    "details": {"alerts": _TEXT},
                }
            ]
        }
    if settings.page is PageChannel.SLACK:
        return _slack(settings)
    return _sns(topic, region)


def _ticket(settings: AlertsSettings, region: str, topic: str) -> Mapping[str, Any]:
    if settings.ticket is TicketChannel.SLACK:
        return _slack(settings)
    return _sns(topic, region)


_TITLE = "{{ .Status | toUpper }} {{ .GroupLabels.alertname }} ({{ len .Alerts }})"
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n"
    "Do: {{ .Annotations.action }}\n"
    "Page: {{ .Annotations.runbook_url }}\n{{ end }}"
)


def _slack(settings: AlertsSettings) -> Mapping[str, Any]:
    channel = {"channel": settings.slack_channel} if settings.slack_channel else {}
    return {
        "slack_configs": [
            {
                "api_url_file": f"{_MOUNTED}/{SLACK_URL_FILE}",
                "send_resolved": True,
                "title": _TITLE,
                "text": _TEXT,
                **channel,
            }
        ]
    }


def _sns(topic: str, region: str, *, resolved: bool = True) -> Mapping[str, Any]:
    return {
        "sns_configs": [
            {
                "sigv4": {"region": region},
                "topic_arn": topic,
                "subject": _TITLE,
                "message": _TEXT,
                "send_resolved": resolved,
            }
        ]
    }
