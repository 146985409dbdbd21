"""Advice as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rf.advise.advice import Advised
from scaleplan.advice.findings import AdviceFinding, AdviceState
from scaleplan.advice.proposal import Proposal
from scaleplan.cost.bill import Bounds

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

_CENT = Decimal("0.01")


def moment(at: float) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC; None where the metrics name no moment."""
    if not at:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def advice_document(advised: Advised) -> dict[str, Any]:
    """All rows with what was read, what is due, and its cost."""
    advice = advised.advice
    return {
        "format": FORMAT,
        "stack": advised.settings.stack,
        "size": str(advised.settings.size),
        "load": advised.load.name,
        "source": advised.source,
        "at": moment(advised.at),
        "counts": {str(state): advice.count(state) for state in AdviceState},
        "findings": [_finding(each) for each in advice.findings],
        "together": None if advice.together is None else _proposal(advice.together),
    }


def _finding(finding: AdviceFinding) -> dict[str, Any]:
    reading = finding.reading
    return {
        "component": finding.component,
        "table": str(finding.words.table),
        "indicator": finding.words.indicator,
        "state": str(finding.state),
        "measure": None if finding.question is None else str(finding.question.measure),
        "value": None if reading is None else round(reading.value, 3),
        "inAnHour": None
        if reading is None or reading.projected is None
        else round(reading.projected, 3),
        "limit": finding.limit,
        "unit": finding.unit,
        "labels": {} if reading is None else dict(sorted(reading.labels.items())),
        "why": finding.why,
        "action": finding.words.action if finding.state is AdviceState.DUE else None,
        "proposal": None if finding.proposal is None else _proposal(finding.proposal),
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "direction": str(proposal.direction),
        "changes": [
            {
                "key": change.key,
                "from": change.old,
                "to": change.new,
                "action": position < proposal.own,
            }
            for position, change in enumerate(proposal.changes)
        ],
        "passes": proposal.passes,
        "faults": list(proposal.faults),
        "extraUsdPerMonth": _bounds(proposal.extra),
    }


def _bounds(extra: Bounds) -> dict[str, float]:
    values = {"minimum": extra.low, "atLoad": extra.at_load, "maximum": extra.high}
    return {name: float(value.quantize(_CENT)) for name, value in values.items()}
