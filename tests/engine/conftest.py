"""Fixtures of the tests with Pulumi's engine, on an embedded AWS and an API server of this machine.

Without what `.ci/engine/build` and `.ci/apiserver/build` make these tests skip, or fail where
CI=true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from rf.rehearse.surroundings import standing_on
from rf.shared.cluster.binaries import find_binaries
from rf.shared.engine.binaries import EngineBinaries, MissingEngineError, find_engine
from rf.shared.engine.rehearsal import Rehearsal
from rf.shared.files import temporary_folder
from rf.shared.plan import RecordedPlan
from rf.shared.plan_document import document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import project_name
from tests.unavailable import unavailable

Standing = Callable[..., AbstractContextManager[Rehearsal]]


@pytest.fixture(scope="session", autouse=True)
def engine() -> EngineBinaries:
    """Pulumi's engine and its Kubernetes provider, on a machine that has an API server too."""
    try:
        find_binaries()
        return find_engine()
    except (MissingEngineError, MissingServersError) as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def standing(engine: EngineBinaries) -> Standing:
    """Servers of its own for one rehearsal: `with standing(plan, larger_plan) as rehearsal`.

    The plans are those of the stacks that it is to deploy: they say what must be served. The policy
    pack is asked where the runs are to be `judged`, which takes as long as half of a run.
    """

    @contextmanager
    def stand(*plans: RecordedPlan, judged: bool = False) -> Iterator[Rehearsal]:
        with (
            temporary_folder("the rehearsal's folder", "rf-engine-test-") as folder,
            standing_on(project_name(), folder, engine, list(map(document_of, plans))) as rehearsal,
        ):
            rehearsal.take_program(PROJECT_ROOT)
            if not judged:
                rehearsal.pack = None
            yield rehearsal

    return stand
