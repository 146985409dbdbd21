"""A step for machines: the JSON of `rf grow`."""

from __future__ import annotations

from typing import Any

from rf.grow.chart_raises import ChartRaise
from rf.grow.classify import GrowthStep, ResourceChange
from rf.grow.runbook import Runbook

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""


def step_document(step: GrowthStep, runbook: Runbook | None) -> dict[str, Any]:
    """One step with everything that is known of it."""
    return {
        "before": step.before,
        "after": step.after,
        "safe": step.safe,
        "secretsCompared": step.secrets_compared,
        "findings": [
            {
                "resource": each.resource,
                "what": each.what,
                "remedy": each.remedy,
                "way": list(each.way),
            }
            for each in step.findings
        ],
        "charts": [_chart(each) for each in step.charts],
        "changes": [_change(change) for change in step.changes],
        "runbook": _runbook(runbook) if runbook else None,
    }


def _chart(raised: ChartRaise) -> dict[str, Any]:
    return {
        "release": raised.release,
        "chart": raised.chart,
        "before": raised.before,
        "after": raised.after,
        "crdsBy": raised.by,
        "crds": list(raised.definitions),
        "values": list(raised.values),
        "ahead": list(raised.ahead),
        "unknown": list(raised.unknown),
        "compare": list(raised.compare),
    }


def _change(change: ResourceChange) -> dict[str, Any]:
    return {
        "urn": change.urn,
        "type": change.type,
        "name": change.name,
        "layer": change.layer,
        "kind": change.kind,
        "stateful": change.stateful,
        "window": change.window,
        "properties": [
            {
                "path": each.change.path,
                "old": each.change.old,
                "new": each.change.new,
                "follows": each.change.follows,
                "effect": each.ruling.effect,
                "outage": each.ruling.outage,
                "why": each.ruling.why,
                "source": each.ruling.source,
                "actions": list(each.ruling.actions),
            }
            for each in change.properties
        ],
    }


def _runbook(runbook: Runbook) -> dict[str, Any]:
    return {
        "before": list(runbook.before),
        "steps": [
            {
                "title": step.title,
                "commands": list(step.commands),
                "resources": [change.name for change in step.changes],
                "windows": list(step.windows),
                "verify": list(step.verify),
            }
            for step in runbook.steps
        ],
        "irreversible": list(runbook.irreversible),
    }
