"""The servers that an application of workflows is tried on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rf.shared.applications.local_temporal import why_no_temporal
from rf.shared.applications.stand import Stand, start_stand
from rf.shared.servers.programs import MissingServersError, runnable_programs
from rf.shared.stacks import plan_of
from tests.services.shared.starting import own_directory
from tests.unavailable import unavailable


@contextmanager
def trial_folder() -> Iterator[Path]:
    """A folder that the servers' user can enter, unlike pytest's own."""
    folder = own_directory(None, "researchflow-workflows-")
    yield folder
    shutil.rmtree(folder)


@contextmanager
def stand_with_temporal(directory: Path) -> Iterator[Stand]:
    """All servers; skips, or fails where CI=true, without them."""
    plan = plan_of("prod")
    if why := why_no_temporal(plan):
        unavailable(why)
    with ExitStack() as stack:
        try:
            programs = runnable_programs(directory)
        except MissingServersError as error:
            unavailable(str(error))
        servers = own_directory(directory, "stand-")
        yield start_stand(stack, programs, servers, plan, without_temporal="")
