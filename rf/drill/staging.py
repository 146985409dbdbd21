"""Brings the stacks of a drill up in the sandbox, or finds them there again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rf.drill.fence import FencedApi, WatchingApi
from rf.drill.progress import Progress
from rf.drill.standing import Changes, LayeredDeployment, Standing, StandingResource, load_standing
from rf.drill.world import Place, World
from rf.shared.offline.lookups import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, References
from rf.shared.project import PROGRAM
from rf.shared.sandbox.deployment import deployed, region_of
from rf.shared.sandbox.emulator import Server
from rf.shared.sandbox.neighbours import with_zones
from rf.shared.sandbox.registry import Created, CreationError, Request
from rf.shared.sandbox.registry import World as SandboxWorld
from rf.shared.stacks import project_name, references_of, settings_of, stack_config

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Layered:
    """A plan that was made real: what was made, changed, deleted, or only checked, by URN."""

    plan: RecordedPlan
    made: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    not_emulated: tuple[str, ...]


def _refuse_update(request: Request, there: StandingResource) -> Created:
    raise CreationError(
        f"{request.urn}: planned otherwise than when the drill began, as {there.id}; "
        "start anew, without --resume"
    )


def _refuse_deletion(urn: str, there: StandingResource, region: str) -> None:
    raise CreationError(
        f"{urn}: planned no more, and it stands in {region} as {there.id}; "
        "start anew, without --resume"
    )


NO_CHANGES = Changes(update=_refuse_update, delete=_refuse_deletion)
"""For a stack that must be as it was when the drill began."""


def staged(
    server: Server,
    progress: Progress,
    folder: Path,
    *,
    size: str | None,
    overrides: Sequence[str],
    tell: Tell,
) -> World:
    """The world of a drill: what stands already is found, what doesn't is made.

    Raises InvalidSettings and pulumi.RunError for wrong settings, CreationError for a resource that
    can't be created, or whose stack was changed since the drill began.
    """
    settings = settings_of(progress.stack, size=size, overrides=overrides)
    hands = FencedApi(server, settings.region)
    eyes = WatchingApi(server, settings.region)
    config = stack_config(progress.stack, size=size, overrides=overrides)
    references = _known_zones(hands, progress, references_of(progress.stack, config))
    plan = laid_over(
        hands,
        folder / f"{progress.stack}.json",
        progress.stack,
        config=config,
        references=references,
        changes=NO_CHANGES,
        tell=tell,
    ).plan
    place = Place(settings=settings, plan=plan)
    return World(hands=hands, eyes=eyes, place=place, size=size, overrides=overrides)


def laid_over(
    hands: FencedApi,
    file: Path,
    stack: str,
    *,
    config: dict[str, object],
    references: References,
    changes: Changes,
    tell: Tell,
    program: Path = PROGRAM,
) -> Layered:
    """A plan of the stack made real over what stands of it, and what stands then written down."""
    standing = load_standing(file) if file.exists() else Standing()
    world = SandboxWorld(hands, ACCOUNT_ID)
    deployment = LayeredDeployment(world, tell, standing, changes)
    try:
        plan = deployed(
            deployment, program, project_name(), stack, config=config, references=references
        )
        deleted = deployment.delete_rest(region_of(plan))
    finally:
        file.parent.mkdir(parents=True, exist_ok=True)
        standing.save(file)
    return Layered(
        plan=plan,
        made=tuple(deployment.made),
        changed=tuple(deployment.changed),
        deleted=deleted,
        not_emulated=standing.not_emulated(),
    )


def _known_zones(hands: FencedApi, progress: Progress, references: References) -> References:
    """The references with zones that exist here, made when the drill begins."""
    if not progress.zones:
        made = with_zones(hands, references)
        progress.zones = {
            stack: str(outputs["zoneId"]) for stack, outputs in made.items() if "zoneId" in outputs
        }
    return {
        stack: {**outputs, "zoneId": progress.zones[stack]} if stack in progress.zones else outputs
        for stack, outputs in references.items()
    }
