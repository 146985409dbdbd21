"""The programs that `.ci/exporters` builds: at which version, and where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError

RECIPE = PROJECT_ROOT / ".ci" / "exporters"

_FIELDS = 5


def exporters_folder() -> Path:
    """The folder that `.ci/exporters` makes."""
    return Path(os.environ.get("RESEARCHFLOW_EXPORTERS") or PROJECT_ROOT / ".cache" / "exporters")


@cache
def built_versions() -> Mapping[str, str]:
    """Each program's version, without the `v`, by name, from the recipe's own table."""
    lines = RECIPE.read_text("utf-8").split('PROGRAMS="\n', 1)[1].split('\n"', 1)[0].splitlines()
    rows = [line.split() for line in lines]
    assert all(len(row) == _FIELDS for row in rows), rows
    return {row[0]: row[2].removeprefix("v") for row in rows}


def find_built(name: str) -> Path:
    """A program of the version that the recipe names now. Raises MissingServersError."""
    folder = exporters_folder() / name
    recipe = folder / ".recipe"
    wanted = f"v{built_versions()[name]}"
    if not recipe.is_file() or wanted not in recipe.read_text("utf-8").split():
        raise MissingServersError(f"no {name} {wanted} in {folder}: run .ci/exporters")
    return folder / name
