"""Worlds for runbooks to be played in: the small home of `drill_programs`, and how to play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rf.drill.deployment import NO_CHANGES, deploy_over
from rf.drill.fence import FencedApi, WatchingApi
from rf.drill.progress import Progress, play
from rf.drill.steps import DrillStep
from rf.drill.world import DrilledStack, DrillWorld
from scaleplan.config.parsing import parse
from scaleplan.settings import Settings
from tests.sandbox.drill_programs import HOME, NAMES
from tests.stack_config import MINIMAL, PROJECT

StartWorld = Callable[..., DrillWorld]
"""Of the small home's config and its settings: a world in which it stands."""


def settings_of(stack: str, **changes: Any) -> Settings:
    return parse(PROJECT, stack, MINIMAL | {"size": "large"} | changes)


def start_world(
    hands: FencedApi,
    eyes: WatchingApi,
    folder: Path,
    config: dict[str, object] | None = None,
    **changes: Any,
) -> DrillWorld:
    """Bring the small home up: `config` of its program, `changes` of its settings."""
    program = folder / "home.py"
    program.write_text(HOME + NAMES if "domain" in changes else HOME, encoding="utf-8")
    plan = deploy_over(
        hands,
        folder / "test.json",
        "test",
        config=config or {},
        references={},
        changes=NO_CHANGES,
        tell=lambda _: None,
        program=program,
    ).plan
    place = DrilledStack(settings=settings_of("test", **changes), plan=plan)
    return DrillWorld(hands=hands, eyes=eyes, place=place)


def played(runbook: Any, world: DrillWorld, tmp_path: Path, **options: Any) -> Progress:
    progress = Progress(stack="test", lost="primary", chosen=[], steps=[])
    return play(tuple(runbook), world, progress, tmp_path / "progress.json", **options)


def without_people_and_pods(runbook: Any) -> list[DrillStep[DrillWorld]]:
    """The steps that need neither the whole program's pods nor its load."""
    return [step for step in runbook if step.name not in {"verify", "restore-citus", "pods-move"}]
