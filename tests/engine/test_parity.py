"""The engine and the recorder hold the same of every stack, before and after it is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rf.local.pulumi import STACK_REFERENCE
from rf.shared.engine.rehearsal import RehearsedStack
from rf.shared.engine.runs import EngineRun
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import project_name, references_of, stack_config
from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.parity import preview_differences, state_differences

pytestmark = pytest.mark.engine

DEPLOYED = ("dev", "staging", "prod")
READING = ("prod-us-west", "prod-eu", "prod-dr")
"""Those that read what another stack exports."""


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """A stack that was never deployed, its first preview, and what the engine means it to be."""

    stack: RehearsedStack
    plan: RecordedPlan
    with_unknowns: RecordedPlan
    run: EngineRun
    goals: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack after its first update."""

    stack: RehearsedStack
    plan: RecordedPlan
    state: Mapping[str, Any]


@pytest.fixture(scope="module")
def previewed(
    request: pytest.FixtureRequest,
    standing: Standing,
    planned: Planned,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Previewed]:
    name: str = request.param
    plan, config = planned(name), stack_config(name)
    file = tmp_path_factory.mktemp("goals") / "plan.json"
    with standing(plan) as rehearsal:
        rehearsal.import_outputs(references_of(name, config))
        stack = rehearsal.stack(name)
        stack.configure(project_name(), config)
        run = stack.preview(file)
        assert not run.failure
        steps = json.loads(file.read_text(encoding="utf-8"))["resourcePlans"]
        yield Previewed(
            stack=stack,
            plan=plan,
            with_unknowns=planned(name, unknowns=True),
            run=run,
            goals={urn: step["goal"] for urn, step in steps.items()},
        )


@pytest.fixture(scope="module")
def deployed(previewed: Previewed) -> Deployed:
    run = previewed.stack.up()
    assert not run.failure
    return Deployed(stack=previewed.stack, plan=previewed.plan, state=previewed.stack.state())


each_stack = pytest.mark.parametrize("previewed", [*DEPLOYED, *READING], indirect=True)
each_deployed_stack = pytest.mark.parametrize("previewed", DEPLOYED, indirect=True)


@each_stack
def test_a_first_preview_is_the_recording_with_unknowns(previewed: Previewed) -> None:
    """URNs, types, parents, inputs with their secrets, dependencies of each property, protection,
    providers, and the aliases that the program gives."""
    assert preview_differences(previewed.with_unknowns, previewed.goals) == []


@each_stack
def test_what_the_program_reads_is_read_and_all_else_is_created(previewed: Previewed) -> None:
    references = {each.urn for each in previewed.plan.of_type(STACK_REFERENCE)}
    read = {step.urn for step in previewed.run.steps if step.operation == "read"}
    assert read == references
    assert previewed.run.counts.keys() == ({"create", "read"} if references else {"create"})


@each_deployed_stack
def test_the_state_is_what_was_recorded(deployed: Deployed) -> None:
    """As for the preview; values that only a deployment gives are of the same output of the same
    resource, and the same outputs are secret."""
    assert state_differences(deployed.plan, deployed.state) == []


@each_deployed_stack
def test_what_was_just_deployed_needs_no_change(deployed: Deployed) -> None:
    run = deployed.stack.preview()
    assert_nothing_to_do(run)


@each_deployed_stack
def test_what_was_just_deployed_stands_as_the_state_says(deployed: Deployed) -> None:
    run = deployed.stack.refresh()
    assert_nothing_to_do(run)


@pytest.mark.parametrize("previewed", ["dev"], indirect=True)
def test_the_engine_finds_resources_under_each_alias(deployed: Deployed) -> None:
    """Resources that stand in the state under a name that the plan calls an alias stay as they are:
    the engine keeps no aliases, so this is how it shows that it takes them for some."""
    aliases = {each.urn: each.aliases for each in deployed.plan.resources if each.aliases}
    try:
        for index in range(max(map(len, aliases.values()))):
            names = {urn: each[min(index, len(each) - 1)] for urn, each in aliases.items()}
            deployed.stack.import_state(_renamed(deployed.state, names))
            run = deployed.stack.preview()
            assert_nothing_to_do(run)
    finally:
        deployed.stack.import_state(deployed.state)


def assert_nothing_to_do(run: EngineRun) -> None:
    changes = [f"{step.operation} {step.urn}: {', '.join(step.changed)}" for step in run.changes]
    assert (run.failure, changes) == ("", [])


def _renamed(state: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The state with other URNs, wherever they stand."""
    resources = [
        {**_with_names(each, names), "type": _type(names.get(each["urn"], each["urn"]))}
        for each in state["resources"]
    ]
    return {**state, "resources": resources}


def _with_names(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case Mapping():
            return {key: _with_names(item, names) for key, item in value.items()}
        case list():
            return [_with_names(item, names) for item in value]
        case str():
            return names.get(value, value)
        case _:
            return value


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]
