"""What the machine is asked: programs and their versions, packages, files, the environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

Version = tuple[int, ...]

ASK_SECONDS = 10
"""What a program is given to say its version."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The machine as the doctor sees it; tests give another one."""

    root: Path
    path: str = field(default_factory=lambda: os.environ.get("PATH", ""))
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    python: Version = field(default_factory=lambda: tuple(sys.version_info[:3]))

    def program(self, name: str) -> str | None:
        """Where a program is, None where it isn't."""
        return shutil.which(name, path=self.path)

    def version(self, name: str, *arguments: str) -> Version | None:
        """The first version number that a program prints, None where it prints none."""
        program = self.program(name)
        if program is None:
            return None
        try:
            answer = subprocess.run(
                [program, *arguments],
                capture_output=True,
                text=True,
                timeout=ASK_SECONDS,
                check=False,
                cwd=self.root,
                env=self.environment | {"PATH": self.path},
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout + answer.stderr)
        return tuple(int(part) for part in match.groups() if part) if match else None

    def pins(self, file_name: str) -> dict[str, str]:
        """The pins of a lock file that count for this interpreter and system, by package."""
        from packaging.requirements import Requirement  # noqa: PLC0415 - may be what is missing

        text = (self.root / file_name).read_text(encoding="utf-8").replace("\\\n", "")
        lines = [line.partition(" --hash=")[0].strip() for line in text.splitlines()]
        pinned = [Requirement(line) for line in lines if "==" in line and not line.startswith("#")]
        return {
            each.name: next(iter(each.specifier)).version
            for each in pinned
            if each.marker is None or each.marker.evaluate()
        }

    def installed(self, package: str) -> str | None:
        """The version of a package in this interpreter, None where it isn't there."""
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None


def version_text(version: Version) -> str:
    """`3.12.1`."""
    return ".".join(map(str, version))
