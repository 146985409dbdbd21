"""The programs that `.ci/exporters` builds: at which version, and where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError

RECIPE = PROJECT_ROOT / ".ci" / "exporters"

PROMETHEUS_MODULE = "github.com/prometheus/prometheus"

_FIELDS = 5


def exporters_folder() -> Path:
    """The folder that `.ci/exporters` makes."""
    return Path(os.environ.get("RESEARCHFLOW_EXPORTERS") or PROJECT_ROOT / ".cache" / "exporters")


@cache
def _modules() -> Mapping[str, tuple[str, str]]:
    """Each program's module and its version, by name, from the recipe's own tables."""
    rows = [line.split() for line in RECIPE.read_text("utf-8").splitlines() if " h1:" in line]
    assert all(len(row) == _FIELDS for row in rows), rows
    return {row[0]: (row[1], row[2]) for row in rows}


def built_versions() -> Mapping[str, str]:
    """The release that each program is of, without the `v`, by name."""
    return {name: _release(module, version) for name, (module, version) in _modules().items()}


def _release(module: str, version: str) -> str:
    """Prometheus numbers its module by its own way: v0.314.0 is 3.14.0."""
    release = version.removeprefix("v")
    if module != PROMETHEUS_MODULE:
        return release
    _, number, patch = release.split(".")
    return f"{number[0]}.{int(number[1:])}.{patch}"


def find_built(name: str) -> Path:
    """A program of the version that the recipe names now. Raises MissingServersError."""
    folder = exporters_folder() / name
    recipe = folder / ".recipe"
    _, wanted = _modules()[name]
    if not recipe.is_file() or wanted not in recipe.read_text("utf-8").split():
        raise MissingServersError(f"no {name} {wanted} in {folder}: run .ci/exporters")
    return folder / name
