"""What there is to judge: the stack files, and the backend that this machine would use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rf.check.state import policy
from rf.check.state.addresses import StackNetwork, addresses, network_of
from rf.check.state.policy import BACKEND_VARIABLE, StateFinding, StateStatus
from scaleplan.config.stack_file import stack_names

ASK_SECONDS = 10
"""What the Pulumi CLI is given to say where it is logged in."""


def findings(root: Path, stacks: list[str], project: str) -> Iterator[StateFinding]:
    """Every rule for every stack; one that protects its data is judged more strictly."""
    url = backend_url(root)
    networks = list(_networks(root, project))
    for stack in stacks:
        document = _document(root / f"Pulumi.{stack}.yaml")
        if document is None:
            yield StateFinding(
                stack=stack,
                rule="stack file",
                state=StateStatus.WRONG,
                found="it is no YAML object",
                fix=f"mend Pulumi.{stack}.yaml",
            )
            continue
        protected = (document.get("config") or {}).get(f"{project}:protectData", True) is not False
        yield policy.secrets_provider(stack, document, protected=protected)
        yield policy.backend(stack, url, protected=protected)
        yield policy.plain_secrets(stack, document)
        recovery = (document.get("config") or {}).get(f"{project}:disasterRecovery")
        if isinstance(recovery, dict) and recovery.get("siteOf"):
            yield policy.replica(stack, recovery)
        for network in networks:
            if network.stack == stack:
                yield addresses(network, networks)


def _networks(root: Path, project: str) -> Iterator[StackNetwork]:
    """Of every stack file, whichever stacks are judged."""
    for stack in stack_names(root):
        document = _document(root / f"Pulumi.{stack}.yaml") or {}
        network = network_of(stack, document.get("config") or {}, project)
        if network is not None:
            yield network


def backend_url(root: Path) -> str | None:
    """The backend that `pulumi` would use here, by its own order: variable, project file, login."""
    from_environment = os.environ.get(BACKEND_VARIABLE)
    if from_environment:
        return from_environment
    project = _document(root / "Pulumi.yaml") or {}
    named = (project.get("backend") or {}).get("url")
    return str(named) if named else _of_login()


def _of_login() -> str | None:
    program = shutil.which("pulumi")
    if program is None:
        return None
    try:
        said = subprocess.run(
            [program, "whoami", "--verbose", "--json", "--non-interactive"],
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
        url = json.loads(said.stdout).get("url") if said.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return str(url) if url else None


def _document(path: Path) -> dict[str, Any] | None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return content if isinstance(content, dict) else None
