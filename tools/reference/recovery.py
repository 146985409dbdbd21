"""Writes the tables of `docs/disaster-recovery.md`: objectives and steps of each prepared stack.

`python -m tools.reference.recovery` prints them; a test looks for them in the committed file.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from scaleplan.model import load_plan
from scaleplan.recovery.objectives import misses_of, objectives_of
from scaleplan.recovery.steps import steps_of
from scaleplan.settings import Settings
from tools.reference.markdown import table


def stacks_table(stacks: Mapping[str, Settings]) -> str:
    """Each stack with a recovery region: mode, targets, and what is computed against them."""
    rows = []
    for name, settings in _prepared(stacks).items():
        recovery = settings.disaster_recovery
        lost = [
            each.rpo_seconds
            for each in objectives_of(settings, load_plan())
            if each.counts and each.rpo_seconds is not None
        ]
        misses = ", ".join(each.key for each in misses_of(settings, load_plan()))
        rows.append(
            (
                f"`{name}`",
                settings.region,
                recovery.region,
                str(recovery.mode),
                f"{_minutes(max(lost))} of {recovery.rpo_minutes}",
                f"{_minutes(sum(each.seconds for each in steps_of(settings)))}"
                f" of {recovery.rto_minutes}",
                misses or "nothing",
            )
        )
    head = (
        "stack",
        "region",
        "recovery region",
        "mode",
        "RPO, minutes of target",
        "RTO, minutes of target",
        "over its target",
    )
    return table(head, rows)


def objectives_table(settings: Settings) -> str:
    """Each class of data of one stack."""
    rows = [
        (
            each.key,
            each.holds,
            each.copied_by,
            "not copied" if each.rpo_seconds is None else f"{_minutes(each.rpo_seconds)} min",
            f"{_minutes(each.rto_seconds)} min",
            str(each.basis),
            each.lost,
        )
        for each in objectives_of(settings, load_plan())
    ]
    return table(("class", "holds", "copied by", "RPO", "RTO", "basis", "what is lost"), rows)


def steps_table(settings: Settings) -> str:
    """The steps of one stack's failover, and their sum."""
    steps = steps_of(settings)
    rows = [
        (
            each.key,
            each.name,
            "by hand" if each.by_hand else "by itself",
            f"{_minutes(each.seconds)} min",
            str(each.basis),
            each.source,
        )
        for each in steps
    ]
    whole = f"{_minutes(sum(each.seconds for each in steps))} min"
    rows.append(("", "together, an estimate", "", whole, "", ""))
    return table(("step", "what happens", "", "takes", "basis", "source"), rows)


def tables(stacks: Mapping[str, Settings]) -> dict[str, str]:
    """Every table of the page by its heading."""
    by_heading = {"Stacks": stacks_table(stacks)}
    for name, settings in _prepared(stacks).items():
        by_heading[f"Objectives of {name}"] = objectives_table(settings)
        by_heading[f"Steps of {name}"] = steps_table(settings)
    return by_heading


def _prepared(stacks: Mapping[str, Settings]) -> dict[str, Settings]:
    return {name: each for name, each in stacks.items() if each.disaster_recovery.prepared}


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g}" if seconds % 60 == 0 else f"{seconds / 60:.1f}"


def main() -> None:
    """Print all of them."""
    from rf.shared.stacks import all_settings  # noqa: PLC0415 - loads the SDKs

    for heading, text in tables(all_settings()).items():
        sys.stdout.write(f"### {heading}\n\n{text}\n")


if __name__ == "__main__":
    main()
