"""Tries an application point by point, and says what came of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rf.conform.point import ALL, ContractPoint, Outcome, PointVerdict
from rf.conform.points.table import POINTS, chosen_points
from rf.conform.samples import read_samples
from rf.conform.seen import BrokenPointError, NotTriedError
from rf.conform.trial import START_SECONDS, ApplicationOnTrial, Trial
from rf.shared.applications.application_process import check_command
from rf.shared.applications.http_client import NoAnswerError
from rf.shared.applications.stand import NOT_ASKED_FOR, Stand, StandInputError, start_stand
from rf.shared.errors import InputError
from rf.shared.files import temporary_folder
from rf.shared.plan import RecordedPlan
from rf.shared.servers.programs import MissingServersError, runnable_programs
from scaleplan.applications.workloads import WORKFLOW_WORKER
from scaleplan.config.mistakes import nearest


class ApplicationInputError(InputError):
    """No application, or one that there is none of."""


@dataclass(frozen=True, kw_only=True)
class Conformance:
    """What came of all points that were asked for."""

    application: str
    verdicts: tuple[PointVerdict, ...]

    @property
    def first_broken(self) -> PointVerdict | None:
        """What to look at first."""
        return next((each for each in self.verdicts if each.outcome is Outcome.FAILED), None)


@dataclass(frozen=True, kw_only=True)
class ConformQuestion:
    """What is to be tried on what."""

    tried: ApplicationOnTrial
    points: tuple[ContractPoint, ...]


def question_of(
    application: str | None,
    command: Sequence[str],
    samples: Path | None,
    only: Sequence[str],
    start_seconds: float | None,
) -> ConformQuestion:
    """What was asked on the command line, before anything is started.

    Raises ApplicationInputError, CommandInputError, SamplesInputError or PointInputError.
    """
    if application is None or application not in ALL:
        known = ", ".join(ALL)
        close = nearest(application, ALL) if application else None
        hint = f"; did you mean {close}?" if close else ""
        given = f"{application} is none of" if application else "name one of"
        raise ApplicationInputError(f"{given} the applications {known}{hint}")
    check_command(command)
    tried = ApplicationOnTrial(
        name=application,
        command=tuple(command),
        samples=read_samples(samples),
        working_directory=Path.cwd(),
        start_seconds=start_seconds or START_SECONDS,
    )
    return ConformQuestion(tried=tried, points=chosen_points(only))


def conformance_of(
    question: ConformQuestion, plan: RecordedPlan, tell: Callable[[str], None]
) -> Conformance:
    """Start the stand, try the application on it, and stop everything.

    Raises MissingServersError where this machine lacks the servers, StandInputError,
    CommandInputError or MigrationFailedError.
    """
    without_temporal = why_without_temporal(question, plan)
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("the stand's folder", "rf-conform-"))
        folder.chmod(0o755)
        programs = runnable_programs(folder)
        tell("the servers")
        servers, said = folder / "servers", folder / "application"
        for each in (servers, said):
            each.mkdir(mode=0o755)
        stand = start_stand(stack, programs, servers, plan, without_temporal=without_temporal)
        return try_application(stand, question.tried, question.points, said, tell)


def why_without_temporal(question: ConformQuestion, plan: RecordedPlan) -> str:
    """Why Temporal is not started, empty where it is. Raises StandInputError where an application
    that is nothing without it lacks it."""
    tried = question.tried
    asked = any(point.temporal and _not_asked(point, tried) is None for point in question.points)
    if tried.name != WORKFLOW_WORKER and not asked:
        return NOT_ASKED_FOR
    # Loads the SDK, which takes a second.
    from rf.shared.applications.local_temporal import why_no_temporal  # noqa: PLC0415

    why = why_no_temporal(plan)
    if why and tried.name == WORKFLOW_WORKER:
        raise StandInputError(why)
    return why


def try_application(
    stand: Stand,
    tried: ApplicationOnTrial,
    points: Sequence[ContractPoint],
    directory: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> Conformance:
    """Try the points, in this order; nothing of the application runs afterwards.

    Raises MigrationFailedError. `directory` is for what its processes say.
    """
    trial = Trial(stand, tried, directory)
    try:
        trial.prepare()
        verdicts = _verdicts(trial, points, tell)
    finally:
        trial.stop()
    return Conformance(application=tried.name, verdicts=verdicts)


def _verdicts(
    trial: Trial, points: Sequence[ContractPoint], tell: Callable[[str], None]
) -> tuple[PointVerdict, ...]:
    early = [each for each in points if _not_asked(each, trial.tried) is None and each.early]
    try:
        trial.process()
        for point in early:
            if point.early:
                point.early(trial)
    except (BrokenPointError, NoAnswerError) as error:
        # Nothing can be seen of what doesn't start: one sentence says it all.
        return tuple(_did_not_start(each, trial, str(error)) for each in points)
    verdicts: list[PointVerdict] = []
    for point in points:
        tell(point.title)
        verdicts.append(_verdict(point, trial))
    return tuple(verdicts)


def _did_not_start(point: ContractPoint, trial: Trial, seen: str) -> PointVerdict:
    if point.id == POINTS[0].id:
        return PointVerdict(point=point, outcome=Outcome.FAILED, seen=seen)
    if other := _not_asked(point, trial.tried):
        return other
    return PointVerdict(point=point, outcome=Outcome.NOT_TRIED, seen=f"it did not start: {seen}")


def _not_asked(point: ContractPoint, tried: ApplicationOnTrial) -> PointVerdict | None:
    if tried.name not in point.applications:
        of = ", ".join(point.applications)
        return PointVerdict(point=point, outcome=Outcome.NOT_APPLICABLE, seen=f"asked of {of}")
    lacking = [name for name in point.needs if not tried.samples.has(name)]
    if lacking:
        said = f"the samples name no {', '.join(lacking)}"
        return PointVerdict(point=point, outcome=Outcome.NOT_TRIED, seen=said)
    return None


def _verdict(point: ContractPoint, trial: Trial) -> PointVerdict:
    if reason := _not_asked(point, trial.tried):
        return reason
    begun = time.monotonic()
    outcome, seen = Outcome.PASSED, ""
    try:
        point.attempt(trial)
    except (BrokenPointError, NoAnswerError) as error:
        outcome, seen = Outcome.FAILED, str(error)
    except (NotTriedError, MissingServersError) as error:
        outcome, seen = Outcome.NOT_TRIED, str(error)
    took = time.monotonic() - begun
    return PointVerdict(point=point, outcome=outcome, seen=seen, seconds=took)
