"""Where the servers' programs are: on this machine when new enough, else in the cached folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rf.shared.errors import InputError
from rf.shared.project import CACHE
from rf.shared.servers.processes import unprivileged
from scaleplan.model import load_plan

MINIMUM_PGBOUNCER = (1, 26, 1)
"""Production's (a test compares it with the image): an older one logs clients in at four times the
CPU, and reaches no host of a list by a verified certificate."""

MINIMUM_POSTGRES = (load_plan().replication.engine_major_version, 0)
"""Production's major version. It is preferred to a newer one, where both are found."""

MINIMUM_REDIS = (7, 0)
"""ElastiCache's major version, and the first with selective permissions for channels by default."""

_COPIED = ("bin", f"postgresql-{MINIMUM_POSTGRES[0]}", "patroni", "trixie/usr", "sid/usr")

Version = tuple[int, ...]


class MissingServersError(InputError):
    """A program is not there, or not in a version that says anything about production."""


def built_program(path: Path, script: str) -> Path:
    """What a script has built with Go. Raises MissingServersError, which names both."""
    if not path.is_file():
        raise MissingServersError(f"no {path}: run {script}, which needs Go")
    return path


@dataclass(frozen=True)
class Program:
    """An executable and the version that it gives itself."""

    path: Path
    version: Version

    @property
    def release(self) -> str:
        """Name and version."""
        return f"{self.path.name} {'.'.join(map(str, self.version))}"

    def __str__(self) -> str:
        return f"{self.release} ({self.path})"


@dataclass(frozen=True)
class Programs:
    """All programs that the tests and the drill run."""

    pgbouncer: Program
    postgres: Program
    pg_basebackup: Program
    pgbench: Program
    redis_server: Program

    @cached_property
    def initdb(self) -> Path:
        """It must be of the very version of `postgres`, so it is the one beside it."""
        return self.postgres.path.resolve().with_name("initdb")

    def __str__(self) -> str:
        named = (self.pgbouncer, self.postgres, self.pg_basebackup, self.redis_server)
        return ", ".join(map(str, named))


def services_folder() -> Path:
    """The folder that `.ci/services` makes."""
    return Path(os.environ.get("RESEARCHFLOW_SERVICES") or CACHE / "services")


def find_programs(folder: Path) -> Programs:
    """The programs to run, those in `folder` coming last.

    Raises MissingServersError, which names the program, the version it needs and what was found.
    """
    postgres = find_program(
        "postgres", MINIMUM_POSTGRES, folder, preferred_major=MINIMUM_POSTGRES[0]
    )
    # A backup program serves its own and older majors.
    own_major = (postgres.version[0], 0)
    return Programs(
        pgbouncer=find_program("pgbouncer", MINIMUM_PGBOUNCER, folder),
        postgres=postgres,
        pg_basebackup=find_program("pg_basebackup", own_major, folder),
        pgbench=find_program("pgbench", own_major, folder),
        redis_server=find_program("redis-server", MINIMUM_REDIS, folder),
    )


def runnable_programs(scratch: Path) -> Programs:
    """The programs, in a copy under `scratch` where the servers' user can't reach the folder.

    A closed folder above it, as /root is, keeps that user out. Raises as `find_programs`.
    """
    folder = services_folder()
    programs = find_programs(folder)
    if all(
        _runs(program) for program in (programs.postgres, programs.pgbouncer, programs.redis_server)
    ):
        return programs
    copy = scratch / "programs"
    copy.mkdir()
    parts = [part for part in _COPIED if (folder / part).exists()]
    subprocess.run(["cp", "-a", "--parents", *parts, copy], cwd=folder, check=True)
    return find_programs(copy)


def _runs(program: Program) -> bool:
    command = unprivileged([str(program.path), "--version"])
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def find_program(
    name: str, minimum: Version, folder: Path, preferred_major: int | None = None
) -> Program:
    """A program on PATH or in the folder, of this version or newer. Raises MissingServersError."""
    installed = [Program(path, _version(path)) for path in _candidates(name, folder)]
    usable = [program for program in installed if program.version >= minimum]
    if not usable:
        others = f" (too old: {', '.join(map(str, installed))})" if installed else ""
        needed = ".".join(map(str, minimum))
        raise MissingServersError(
            f"no {name} {needed} or newer{others}: install it, or run .ci/services"
        )
    preferred = [program for program in usable if program.version[0] == preferred_major]
    return (preferred or usable)[0]


def _candidates(name: str, folder: Path) -> Iterator[Path]:
    # Debian keeps PostgreSQL's programs off PATH, and PgBouncer where only root's PATH leads.
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    own = [folder / f"postgresql-{MINIMUM_POSTGRES[0]}" / "bin", folder / "bin"]
    for directory in [*map(Path, os.get_exec_path()), Path("/usr/sbin"), *debian, *own]:
        path = directory / name
        if path.is_file() and os.access(path, os.X_OK):
            yield path


def _version(path: Path) -> Version:
    result = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\d+(?:\.\d+)+", result.stdout)
    return tuple(map(int, match[0].split("."))) if match else ()
