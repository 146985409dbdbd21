"""`python3 -m tools.environment`: makes or renews the virtual environment from a lock file."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.environment.pip_configuration import (
    UntranslatableError,
    UvOptions,
    read_listing,
    uv_options,
)

ROOT = Path(__file__).resolve().parents[2]
UV_LOCK = ROOT / "requirements-uv.txt"

PIP_INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--no-compile")
"""Nothing is compiled ahead: of the SDKs' 250 MB a program imports a small part, and Python keeps
the bytecode of that part when it is first imported."""

BYTECODE_MODULE = Path(__file__).with_name("researchflow_bytecode.py")


class UvFailedError(Exception):
    """uv could not be had, or did not install; the text says which."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Set the environment up; 0 done, 1 it couldn't be, as what failed has said, 2 bad usage."""
    parser = argparse.ArgumentParser(prog="python -m tools.environment", description=__doc__)
    parser.add_argument(
        "--requirements", type=Path, required=True, help="lock file, as requirements.txt"
    )
    parser.add_argument(
        "--directory", type=Path, default=ROOT / ".venv", help="of the environment (%(default)s)"
    )
    asked = parser.parse_args(arguments)
    if not asked.requirements.is_file():
        parser.error(f"--requirements {asked.requirements}: there is no such file")
    if not _run(sys.executable, "-m", "venv", asked.directory):
        return 1
    python = asked.directory / "bin" / "python"
    _keep_bytecode(python)
    try:
        options = options_of_pip(python)
        install_with_uv(uv_beside(python), python, asked.requirements, options)
    except (UntranslatableError, UvFailedError) as reason:
        sys.stderr.write(f"{reason}: pip installs {asked.requirements.name}, in minutes\n")
        return 0 if _pip_installs(python, "--requirement", asked.requirements) else 1
    return 0


def uv_beside(python: Path) -> Path:
    """The pinned uv, which pip puts beside an environment's interpreter. Raises UvFailedError."""
    if not _pip_installs(python, "--no-deps", "--requirement", UV_LOCK):
        raise UvFailedError("pip can't install uv here")
    return python.with_name("uv")


def install_with_uv(uv: Path, python: Path, requirements: Path, options: UvOptions) -> None:
    """Install a lock file into the interpreter's environment. Raises UvFailedError."""
    command = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
    command += [*options.arguments, "--requirement", requirements]
    if not _run(*command, environment=options.environment):
        raise UvFailedError(f"uv could not install {requirements.name}")


def options_of_pip(python: Path) -> UvOptions:
    """What the configuration of an interpreter's pip says, for uv. Raises UntranslatableError."""
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, text=True, check=False
    )
    if listed.returncode:
        raise UntranslatableError("pip can't read its configuration")
    return uv_options(read_listing(listed.stdout), os.environ)


def _keep_bytecode(python: Path) -> None:
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", ask], stdout=subprocess.PIPE, text=True, check=True)
    directory = Path(packages.stdout.strip())
    shutil.copy(BYTECODE_MODULE, directory)
    # Not as `sitecustomize`: Debian has one of its own, which Python finds first.
    start = directory / BYTECODE_MODULE.with_suffix(".pth").name
    start.write_text(f"import {BYTECODE_MODULE.stem}\n", encoding="utf-8")


def _pip_installs(python: Path, *arguments: str | Path) -> bool:
    return _run(python, "-m", "pip", *PIP_INSTALL, "--require-hashes", *arguments)


def _run(*command: str | Path, environment: Mapping[str, str] | None = None) -> bool:
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, env=variables, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
