"""Advice on a running stack: its metrics, judged by the tables of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rendering.observability.alerting.subject import COORDINATOR, Subject
from rendering.observability.indicators import Selector, selector
from rf.advise.sources import FileSource, MetricsError, PrometheusSource
from rf.shared.stacks import settings_of
from scaleplan.advice.findings import Advice, AdviceState, advice, questions
from scaleplan.advice.proposal import Proposer
from scaleplan.advice.reading import Measure, MetricQuestion
from scaleplan.load import Load, load_named
from scaleplan.model import load_plan
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Advised:
    """Advice on a stack, and what it stands on."""

    settings: Settings
    load: Load
    source: str
    at: float
    advice: Advice

    @property
    def exit_code(self) -> int:
        """1 where an action is due, else 0, also where some rows are not known."""
        return 1 if self.advice.count(AdviceState.DUE) else 0


def advised(
    stack: str,
    *,
    size: str | None,
    overrides: Sequence[str],
    load: str | None,
    prometheus: str | None,
    metrics: Path | None,
    at: float | None,
) -> Advised:
    """Advice from one of the two sources.

    Raises InvalidSettings for wrong settings or a wrong load, MetricsError for metrics that can't
    be had or that tell nothing at all of this stack.
    """
    plan = load_plan()
    settings = settings_of(stack, size=size, overrides=overrides)
    chosen = load_named(load, settings.load, plan, settings.size)

    def validate(values: Mapping[str, Any]) -> Settings:
        laid = [f"{key}={_text(value)}" for key, value in values.items()]
        return settings_of(stack, size=size, overrides=[*overrides, *laid])

    proposer = Proposer(settings, chosen, validate)
    subject = Subject(plan, settings)
    selectors = {question: selector(subject, question) for question in questions(plan, proposer)}
    if prometheus is not None:
        source = PrometheusSource(prometheus, at)
    elif metrics is not None:
        source = FileSource(metrics, selectors.values(), at)
    else:
        raise MetricsError("give --prometheus URL or --metrics FILE")
    _check_stack(source, subject)
    answers = {question: source.series(each) for question, each in selectors.items()}
    findings = advice(plan, proposer, answers, source.at)
    if not findings.answered:
        names = sorted({each.metric for each in selectors.values()})
        raise MetricsError(
            f"{source.name} has no sample of {settings.prefix} in the last quarter of an hour;"
            f" asked for were {', '.join(names)}"
        )
    return Advised(
        settings=settings, load=chosen, source=source.name, at=source.at, advice=findings
    )


def _check_stack(source: PrometheusSource | FileSource, subject: Subject) -> None:
    """Of all metrics only RDS's name the stack: where they name another, so do all the rest."""
    for measure in (Measure.DATABASE_CPU, Measure.DATABASE_CONNECTIONS):
        own = selector(subject, MetricQuestion(measure=measure))
        servers = {
            name
            for each in source.series(Selector(metric=own.metric))
            if (name := each.labels.get("instance", "")) != COORDINATOR
        }
        if servers and not any(own.matches({"instance": name}) for name in servers):
            raise MetricsError(
                f"{source.name} speaks of {', '.join(sorted(servers))}, which is not of"
                f" {subject.settings.prefix}: another stack's metrics?"
            )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
