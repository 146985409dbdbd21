"""The whole program under Pulumi's mocks: those of its guide, which answer with inputs alone, and
ours, which answer as the offline plan does."""

from __future__ import annotations

import contextvars
import json
import re
import runpy
from collections.abc import Callable
from typing import Any, TypeVar

import pulumi

from researchflow_testing import Mocks
from rf.shared.offline.monitor import References
from rf.shared.offline.surroundings import without_collections, without_stack_traces
from rf.shared.project import PROGRAM, PROJECT_ROOT
from rf.shared.stacks import project_name, references_of, stack_config

TOKEN = re.compile(r'super\(\).__init__\(\s*"(researchflow:[a-z]+:[A-Za-z]+)"')

STACKS: dict[str, tuple[str, ...]] = {
    "dev": (),
    "prod-eu": ("queue.engine=rabbitmq",),
    "prod-dr": (),
}
"""Stacks with what is laid over them, which have every component between them."""


MocksT = TypeVar("MocksT", bound=pulumi.runtime.Mocks)


class StockMocks(pulumi.runtime.Mocks):
    """An id and the inputs; of another stack its outputs, which nothing can stand for."""

    def __init__(self, references: Any) -> None:
        self.references = references
        self.types: set[str] = set()

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> Any:
        self.types.add(args.typ)
        if args.typ == "pulumi:pulumi:StackReference":
            return [args.name, {"outputs": self._outputs(args)}]
        return [f"{args.name}_id", args.inputs]

    def _outputs(self, args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
        return dict(self.references[args.inputs["name"].rsplit("/", 1)[-1]])

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        return {}


def run_program(
    stack: str, overrides: tuple[str, ...], mocked: Callable[[References], MocksT]
) -> MocksT:
    """The program run to its end, and the mocks that it was run with."""
    config = stack_config(stack, overrides=overrides)
    mocks = mocked(references_of(stack, config))
    project = project_name()

    def run() -> None:
        pulumi.runtime.set_mocks(mocks, project=project, stack=stack)
        given = {
            key if ":" in key else f"{project}:{key}": value
            if isinstance(value, str)
            else json.dumps(value)
            for key, value in config.items()
        }
        pulumi.runtime.set_all_config(given)
        pulumi.runtime.test(lambda: runpy.run_path(str(PROGRAM), run_name="__main__") and None)()

    # As in the recorder, which takes half as long so: neither is what these tests look at.
    with without_collections(), without_stack_traces():
        contextvars.copy_context().run(run)
    return mocks


def test_every_component_can_be_made_under_stock_mocks() -> None:
    made = set().union(*(run_program(*stack, StockMocks).types for stack in STACKS.items()))
    texts = [path.read_text("utf-8") for path in (PROJECT_ROOT / "components").rglob("*.py")]
    tokens = {token for text in texts for token in TOKEN.findall(text)}
    assert len(tokens) > 60
    assert sorted(tokens - made) == []


def test_our_mocks_refuse_nothing_that_the_program_registers() -> None:
    stack = "prod-eu"
    mocks = run_program(stack, STACKS[stack], Mocks)
    assert len({args.typ for args in mocks.registered}) > 150
