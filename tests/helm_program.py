"""Helm's command line, of the version that Pulumi's Kubernetes provider has in it."""

from __future__ import annotations

import os
from pathlib import Path

from rf.shared.project import CACHE
from rf.shared.servers.programs import MissingServersError, built_program
from tests.unavailable import unavailable


def find_helm() -> Path:
    """What `.ci/helm` builds. Without it the test skips, or fails where CI=true."""
    folder = Path(os.environ.get("RESEARCHFLOW_HELM") or CACHE / "helm")
    try:
        return built_program(folder / "helm" / "helm", ".ci/helm")
    except MissingServersError as error:
        unavailable(str(error))
