"""Where Pulumi's engine and its Kubernetes provider are: built, or on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from semver import VersionInfo

from rf.shared.errors import InputError
from rf.shared.project import PROJECT_ROOT

OLDEST_SUPPORTED = VersionInfo(3, 255, 0)
"""Of the major version that speaks with the SDKs of requirements.txt, the first release that takes
a program for a policy pack (changelog of Pulumi 3.255.0)."""

HOW = "run .ci/engine/build, which needs Go 1.25 or newer"


class MissingEngineError(InputError):
    """No engine, or none that can be used. Says how to get one."""


@dataclass(frozen=True, kw_only=True)
class EngineBinaries:
    """Pulumi's command line, and the provider of Kubernetes' resources."""

    pulumi: Path
    version: str
    kubernetes_provider: Path


def engine_folder() -> Path:
    """The folder that `.ci/engine/build` makes."""
    return Path(os.environ.get("RESEARCHFLOW_ENGINE") or PROJECT_ROOT / ".cache" / "engine")


def find_engine() -> EngineBinaries:
    """The engine that was built, else the one on PATH if its version is supported.

    Raises MissingEngineError.
    """
    built = engine_folder() / "bin"
    provider = built / "pulumi-resource-kubernetes"
    if not provider.is_file():
        raise MissingEngineError(f"no {provider}: {HOW}")
    candidates = [built / "pulumi", *map(Path, filter(None, [shutil.which("pulumi")]))]
    programs = [program for program in candidates if program.is_file()]
    if not programs:
        raise MissingEngineError(f"no Pulumi engine, neither {candidates[0]} nor on PATH: {HOW}")
    unfit: list[str] = []
    for program in programs:
        version = _version(program)
        if _supported(version):
            return EngineBinaries(pulumi=program, version=version, kubernetes_provider=provider)
        unfit.append(f"{program} is {version or 'of no version'}")
    raise MissingEngineError(
        f"no Pulumi engine of major version {OLDEST_SUPPORTED.major}, {OLDEST_SUPPORTED} or newer"
        f" ({', '.join(unfit)}): {HOW}"
    )


def _supported(version: str) -> bool:
    if not VersionInfo.is_valid(version):
        return False
    found = VersionInfo.parse(version)
    return found.major == OLDEST_SUPPORTED.major and found >= OLDEST_SUPPORTED


def _version(program: Path) -> str:
    quiet = {"PATH": os.defpath, "HOME": os.devnull, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [str(program), "version"], env=quiet, capture_output=True, text=True, check=False
        )
    except OSError:  # not executable, or another machine's
        return ""
    match = re.fullmatch(r"v?(\d+\.\d+\.\d+\S*)", answer.stdout.strip())
    return match[1] if match else ""
