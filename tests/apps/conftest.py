"""Fixtures of the tests of the reference applications, on the servers of a stack."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rf.shared.applications.local_temporal import why_no_temporal
from rf.shared.applications.stand import Stand, start_stand
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError, runnable_programs
from rf.shared.stacks import plan_of
from tests.configurations import BEFORE_CITUS
from tests.services.shared.starting import own_directory
from tests.unavailable import unavailable


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    """For the servers, and for what applications say."""
    folder = own_directory(None, "researchflow-apps-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stand(directory: Path) -> Iterator[Stand]:
    """All servers, with Temporal."""
    # The configuration whose queue has jobs of every library; prod has workflows.
    plan = plan_of("prod", overrides=BEFORE_CITUS)
    if why := why_no_temporal(plan):
        unavailable(why)
    with ExitStack() as stack:
        try:
            programs = runnable_programs(directory)
        except MissingServersError as error:
            unavailable(str(error))
        servers = own_directory(directory, "stand-")
        yield start_stand(stack, programs, servers, plan, without_temporal="")


@pytest.fixture(scope="session")
def migrated(stand: Stand) -> None:
    """The orchestrator's tables are there."""
    migrate = PROJECT_ROOT / "apps/orchestrator/dist/migrate.js"
    if not migrate.exists():
        unavailable("the orchestrator is not built: .ci/apps builds it")
    told = {"PATH": os.environ["PATH"], **stand.variables("database-migration")}
    subprocess.run(["node", migrate], env=told, check=True, capture_output=True)
