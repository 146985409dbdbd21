"""The whole program under our mocks, which answer as the offline plan does."""

from __future__ import annotations

import contextvars
import runpy

import pulumi

from researchflow_testing import Mocks
from rf.shared.offline.surroundings import without_collections, without_stack_traces
from rf.shared.project import PROGRAM
from rf.shared.stacks import project_name, references_of, stack_config
from scaleplan.config import engine_config


def test_our_mocks_refuse_nothing_that_the_program_registers() -> None:
    stack = "prod-eu"
    config = stack_config(stack, overrides=["queue.engine=rabbitmq"])
    mocks = Mocks(references_of(stack, config))
    project = project_name()

    def run() -> None:
        pulumi.runtime.set_mocks(mocks, project=project, stack=stack)
        pulumi.runtime.set_all_config(engine_config.texts(project, config))
        pulumi.runtime.test(lambda: runpy.run_path(str(PROGRAM), run_name="__main__") and None)()

    # As in the recorder, which takes half as long so: neither is what this test looks at.
    with without_collections(), without_stack_traces():
        contextvars.copy_context().run(run)
    assert len({args.typ for args in mocks.registered}) > 150
