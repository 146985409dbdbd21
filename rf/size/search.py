"""The cheapest configuration for a load, and why the next cheaper one fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rf.shared.files import can_write_in
from rf.shared.stacks import settings_of
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.sizing import (
    Attempt,
    Cheaper,
    Choice,
    attempts,
    cheapest,
    next_cheaper,
)
from scaleplan.config.mistakes import InvalidSettings, Mistake
from scaleplan.load import Load, load_of_users
from scaleplan.model import load_plan
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Search:
    """Attempts from each of the plan's sizes, the cheapest that passes, and the next cheaper.

    `choice` is None where no configuration of one stack carries the load.
    """

    load: Load
    attempts: tuple[Attempt, ...]
    choice: Choice | None
    below: Cheaper | None


def load_asked_for(stack: str, measures: dict[str, float | None]) -> tuple[Settings, Load]:
    """The stack's place and a load: what isn't given follows from the users, as the plan's last
    projection has it.

    Raises InvalidSettings for a stack that can't be read.
    """
    settings = settings_of(stack)
    users = measures["concurrent_users"] or 0.0
    load = load_of_users(load_plan(), users, settings.load.assumptions)
    given = {name: value for name, value in measures.items() if value is not None}
    if "data_volume_gb" in given:
        given["final_data_volume_gb"] = given["data_volume_gb"]
    return settings, replace(load, name="as asked", **given)


def search(settings: Settings, load: Load) -> Search:
    """The search for a load, from each of the plan's sizes."""
    evaluator = Evaluator(load)
    tried = attempts(settings, evaluator)
    choice = cheapest(tried)
    below = None if choice is None else next_cheaper(choice, evaluator)
    return Search(load=load, attempts=tried, choice=choice, below=below)


def check_png(path: Path) -> None:
    """Raise InvalidSettings for a path that can't become a PNG, before anything is reckoned."""
    fits = path.suffix.lower() == ".png" and path.parent.is_dir() and not path.is_dir()
    if not fits or not can_write_in(path.parent):
        allowed = "a file whose name ends in .png, in a directory that exists and can be written"
        raise InvalidSettings([Mistake(key="--sweep", value=str(path), allowed=allowed)])
