"""What each row of the plan's tables comes to on one stack: fine, due or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scaleplan.advice.candidates import Candidates, Situation, outwards
from scaleplan.advice.indicators import Indicator, Words, indicators, words_of
from scaleplan.advice.proposal import Proposal, Proposer
from scaleplan.advice.reading import Measure, MetricQuestion, MetricReading, Series, worst
from scaleplan.advice.redundancy import Redundancy, redundancies
from scaleplan.model import Plan


class AdviceState(StrEnum):
    """Of one row. Not known: no metric tells, which is neither good nor bad news."""

    FINE = "fine"
    DUE = "due"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class AdviceFinding:
    """One row. `why` says in words what decided; `question` is None where settings decide alone.

    A row that is due without a `proposal` has no setting left, and `why` says what the plan has
    next.
    """

    component: str
    words: Words
    state: AdviceState
    why: str
    question: MetricQuestion | None = None
    reading: MetricReading | None = None
    limit: float | None = None
    unit: str = ""
    proposal: Proposal | None = None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """All rows, and the changes of those that are due as one change."""

    findings: tuple[AdviceFinding, ...]
    together: Proposal | None

    def count(self, state: AdviceState) -> int:
        """How many rows are so."""
        return sum(finding.state is state for finding in self.findings)

    @property
    def answered(self) -> int:
        """Rows that a metric told something of."""
        return sum(finding.reading is not None for finding in self.findings)


Answers = Mapping[MetricQuestion, Sequence[Series]]
"""What the stack's metrics say; a question without series has no answer."""


def questions(plan: Plan, proposer: Proposer) -> list[MetricQuestion]:
    """Everything that must be asked of the stack's metrics, each once."""
    asked: dict[MetricQuestion, None] = {}
    for row in indicators(plan, proposer.settings):
        asked[row.question] = None
        if row.autoscaled is not None:
            asked[_room(row.autoscaled)] = None
    return list(asked)


def advice(plan: Plan, proposer: Proposer, answers: Answers, at: float) -> Advice:
    """Judge every row at a moment, seconds since 1970. Pure, apart from what `proposer` validates
    with."""
    rows = [*indicators(plan, proposer.settings)]
    findings = [_judged(row, plan, proposer, answers, at) for row in rows]
    words = words_of(plan, "Single point of failure")
    parts = redundancies(plan, proposer.settings)
    findings += [_redundancy(part, words, proposer) for part in parts]
    due = [finding.proposal for finding in findings if finding.proposal is not None]
    return Advice(findings=tuple(findings), together=proposer.together(due))


def _room(workload: str) -> MetricQuestion:
    return MetricQuestion(measure=Measure.AUTOSCALER_ROOM, of=workload)


def _judged(
    row: Indicator, plan: Plan, proposer: Proposer, answers: Answers, at: float
) -> AdviceFinding:
    reading = worst(answers.get(row.question, ()), at, projected=row.trend)

    def finding(state: AdviceState, why: str, proposal: Proposal | None = None) -> AdviceFinding:
        return AdviceFinding(
            component=row.component,
            words=row.words,
            state=state,
            why=why,
            question=row.question,
            reading=reading,
            limit=row.limit,
            unit=row.unit,
            proposal=proposal,
        )

    if reading is None:
        return finding(AdviceState.NOT_KNOWN, "no sample in the last quarter of an hour")
    due = _beyond(row, reading)
    if due is None:
        return finding(
            AdviceState.NOT_KNOWN, "its trend is not known: samples of less than half an hour"
        )
    if not due:
        return finding(AdviceState.FINE, "")
    candidates, said = _under_its_autoscaler(row, answers, at)
    if candidates is None:
        return finding(AdviceState.FINE, said)
    situation = Situation(plan=plan, settings=proposer.settings, reading=reading, limit=row.limit)
    proposal = proposer.first_that_passes(candidates(situation))
    remarks = [said, row.remark if proposal is not None else row.exhausted]
    return finding(AdviceState.DUE, "; ".join(filter(None, remarks)), proposal)


def _beyond(row: Indicator, reading: MetricReading) -> bool | None:
    """Whether the limit is passed; None where only a trend could tell, and there is none."""
    if not row.trend:
        return reading.value > row.limit
    if reading.projected is not None:
        return reading.projected > row.limit
    return True if reading.value > row.limit else None


def _under_its_autoscaler(
    row: Indicator, answers: Answers, at: float
) -> tuple[Candidates | None, str]:
    """What to change, given what the autoscaler can still do; None where it is at work already."""
    if row.autoscaled is None:
        return row.candidates, ""
    # At its maximum all the time, or with room at some moment.
    room = worst(answers.get(_room(row.autoscaled), ()), at)
    if room is None:
        return row.candidates, "whether its autoscaler has pods left to add is not known"
    if room.value == 0:
        return row.candidates, "its autoscaler has no pods left to add"
    if row.with_room is not None:
        return row.with_room, "its autoscaler has pods left to add, but sees no reason to"
    return None, "its autoscaler still has pods to add"


def _redundancy(part: Redundancy, words: Words, proposer: Proposer) -> AdviceFinding:
    proposal = None
    if part.missing:
        proposal = proposer.first_that_passes(outwards(part.key, part.enough))
    why = "one, as the plan has it at this size" if part.planned else ""
    if part.planned and part.present != part.single:
        why = "more than the plan has at this size"
    return AdviceFinding(
        component=part.component,
        words=words,
        state=AdviceState.DUE if part.missing else AdviceState.FINE,
        why=f"{part.key} stands alone" if part.missing else why,
        proposal=proposal,
    )
