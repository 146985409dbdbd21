"""A drill: the sandbox brought up, something in it lost, the runbook played, the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rf.drill.dependence import Dependence, dependences_of
from rf.drill.losses import losses_of
from rf.drill.measuring import Measured, measure
from rf.drill.primary import primary_runbook
from rf.drill.progress import Progress, load_progress, play
from rf.drill.region import region_runbook
from rf.drill.result import DrillResult
from rf.drill.server import PROGRESS_FILE, forget, server_of
from rf.drill.site import RecoverySite, site_stack_of
from rf.drill.steps import DrillStep, Lost, Tell
from rf.drill.world import DrilledStack, DrillWorld, bring_up
from rf.drill.zone import zone_runbook
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import plan_of, settings_of
from scaleplan.config.mistakes import InvalidSettings, unknown_choice
from scaleplan.recovery.disaster_recovery import RecoveryMode

FOLDER = PROJECT_ROOT / ".cache" / "drill"


@dataclass(frozen=True, kw_only=True)
class DrillQuestion:
    """What is asked for. `real`: with real servers; None where this machine has them."""

    stack: str
    lost: Lost
    size: str | None = None
    overrides: Sequence[str] = ()
    resume: bool = False
    fail_at: str | None = None
    real: bool | None = None

    @property
    def chosen(self) -> list[str]:
        """Options that make it another drill than that of the stack as its file says."""
        size = [f"--size {self.size}"] if self.size else []
        return [*size, *(f"--set {each}" for each in self.overrides)]

    @property
    def folder(self) -> Path:
        """Where its progress is kept."""
        return FOLDER / f"{self.stack}-{self.lost}"


def run_drill(question: DrillQuestion, tell: Tell) -> DrillResult:
    """Play the drill, from its beginning or from where it stopped.

    Raises NoProgressError where there is nothing to resume, InvalidSettings for wrong settings or
    a step that the runbook doesn't have, MissingServersError for real servers that aren't there.
    """
    _check_question(question)
    path = question.folder / PROGRESS_FILE
    if question.resume:
        progress = load_progress(path, question.stack, question.lost, question.chosen)
    else:
        forget(question.folder)
        progress = Progress(
            stack=question.stack, lost=question.lost, chosen=question.chosen, steps=[]
        )
    with server_of(progress, question.folder) as held:
        tell("bringing the sandbox up")
        world = bring_up(
            held.server,
            progress,
            question.folder,
            size=question.size,
            overrides=question.overrides,
            tell=tell,
        )
        if question.lost is Lost.REGION:
            _lose_region(world, question, progress, tell)
        runbook = _runbook(question.lost, world.place)
        progress.steps = [step.name for step in runbook]
        play(runbook, world, progress, path, fail_at=question.fail_at, tell=tell)
        held.keep = progress.failed is not None
    measured, used, stopped = _measured(question, world, progress, tell)
    if progress.failed is None:
        forget(question.folder)
    return DrillResult(
        settings=world.place.settings,
        progress=progress,
        runbook=runbook,
        losses=losses_of(world.place.settings, question.lost),
        needs=_needs(world),
        measured=measured,
        measured_with=used,
        failed_measurement=stopped,
        notes=tuple(dict.fromkeys([*world.notes, *not_emulated(world)])),
        kept={"endpoint": progress.endpoint, "pid": progress.pid} if progress.failed else None,
    )


def _runbook(lost: Lost, place: DrilledStack) -> tuple[DrillStep[DrillWorld], ...]:
    if lost is Lost.REGION:
        return tuple(region_runbook(place.settings))
    runbook = primary_runbook if lost is Lost.PRIMARY else zone_runbook
    return tuple(runbook(place.settings, place.plan))


def _check_question(question: DrillQuestion) -> None:
    """Refuse what can't be played before anything is brought up, which takes a minute."""
    settings = settings_of(question.stack, size=question.size, overrides=question.overrides)
    if question.lost is Lost.REGION:
        site_stack_of(question.stack, settings)
    if question.fail_at is None:
        return
    plan = plan_of(question.stack, size=question.size, overrides=question.overrides)
    _check_step(
        question.fail_at, _runbook(question.lost, DrilledStack(settings=settings, plan=plan))
    )


def _lose_region(
    world: DrillWorld, question: DrillQuestion, progress: Progress, tell: Tell
) -> None:
    """Bring the recovery site up as it waits, then take the stack's region away."""
    home = world.place.settings
    stack = site_stack_of(question.stack, home)
    world.site = RecoverySite(
        stack=stack,
        home=question.stack,
        mode=home.disaster_recovery.mode,
        hands=world.hands,
        home_outputs=world.place.plan.outputs,
        file=question.folder / f"{stack}.json",
    )
    if not progress.done and world.site.mode is RecoveryMode.WARM:
        world.site.deploy("standby", tell)
    world.hands.lose(home.region)


def not_emulated(world: DrillWorld) -> list[str]:
    """What the emulator took less of than was planned, in this run."""
    hands = world.hands
    gaps = [
        f"{gap.service} {gap.operation}: checked against AWS's model, not emulated"
        for gap in sorted(hands.missing)
    ]
    return [*gaps, *sorted(hands.simplified)]


def _needs(world: DrillWorld) -> list[Dependence]:
    if world.site is None:
        return []
    return dependences_of(world.site.plans(), world.place.settings.region)


def _check_step(fail_at: str, runbook: Sequence[DrillStep[DrillWorld]]) -> None:
    names = [step.name for step in runbook]
    if fail_at not in names:
        raise InvalidSettings([unknown_choice("--fail-at", fail_at, names)])


def _measured(
    question: DrillQuestion, world: DrillWorld, progress: Progress, tell: Tell
) -> tuple[Measured, str, str | None]:
    if progress.failed is not None or question.real is False:
        return [], "", None
    try:
        return measure(world.place.plan, world.place.settings, question.lost, tell)
    except MissingServersError as error:
        if question.real:
            raise
        world.notes.append(f"nothing was measured with real servers: {error}")
        return [], "", None
