"""What a stack's config may say, and that every stack file says it."""

from __future__ import annotations

from typing import Any

import pytest

from rf.shared.project import PROJECT_ROOT
from scaleplan.catalog import Architecture, load_catalog
from scaleplan.config.engine_config import encode, settings_of
from scaleplan.config.overlay import CLASS_KEYS
from scaleplan.config.parsing import parse
from scaleplan.config.stack_file import read_stack, stack_names
from scaleplan.settings import Settings
from scaleplan.sizes import Section, Size
from tests.stack_config import MINIMAL, PROJECT, accepted


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_every_stack_file_loads(stack: str) -> None:
    settings = parse(PROJECT, stack, read_stack(PROJECT_ROOT, PROJECT, stack))
    assert settings.prefix == f"researchflow-{stack}"


def test_the_stacks_choose_the_three_sizes() -> None:
    sizes = {stack: _stack(stack).size for stack in ("dev", "staging", "prod")}
    assert sizes == {"dev": "small", "staging": "medium", "prod": "large"}


def test_only_dev_lets_its_data_be_deleted() -> None:
    assert [stack for stack in stack_names(PROJECT_ROOT) if not _stack(stack).protect_data] == [
        "dev"
    ]


def test_no_two_stacks_share_addresses() -> None:
    networks = [_stack(stack).vpc_cidr for stack in stack_names(PROJECT_ROOT)]
    assert len(set(networks)) == len(networks)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_the_engines_texts_give_the_same_settings_as_the_file(stack: str) -> None:
    config = read_stack(PROJECT_ROOT, PROJECT, stack)
    assert settings_of(PROJECT, stack, encode(PROJECT, config)) == parse(PROJECT, stack, config)


def test_an_override_changes_its_leaf_and_nothing_else() -> None:
    plain, changed = accepted(), accepted(database={"readReplicas": 1})
    assert changed.database.read_replicas == 1
    assert changed.database.model_copy(update={"read_replicas": 0}) == plain.database
    assert changed.model_copy(update={"database": plain.database}) == plain


def test_an_override_reaches_a_nested_section() -> None:
    settings = accepted(nodes={"system": {"maxNodes": 7}})
    assert settings.nodes.system.max_nodes == 7
    assert settings.nodes.system.min_nodes == accepted().nodes.system.min_nodes


def test_an_empty_object_overrides_nothing() -> None:
    assert accepted(database={}, worker={}) == accepted()


def test_an_empty_text_means_not_set_for_the_keys_that_may_be_left_out() -> None:
    assert accepted(domain="", hostedZoneId="", awsAccountId="") == accepted()


@pytest.mark.parametrize("size", list(Size))
@pytest.mark.parametrize("architecture", list(Architecture))
def test_the_architecture_switches_every_class(size: Size, architecture: Architecture) -> None:
    settings = accepted(size=size.value, architecture=architecture.value)
    families = {load_catalog().instance_class(name).architecture for name in _classes(settings)}
    assert families == {architecture}


def test_the_architectures_differ_in_nothing_but_classes() -> None:
    arm, intel = (
        accepted(architecture=name).model_dump(mode="json", by_alias=True)
        for name in ("arm64", "x86_64")
    )
    assert _without_classes(arm) == _without_classes(intel)


def test_a_digest_pins_an_image() -> None:
    digest = f"sha256:{'a1' * 32}"
    assert accepted(images=MINIMAL["images"] | {"web": digest}).images.web == digest


def _stack(stack: str) -> Settings:
    return parse(PROJECT, stack, read_stack(PROJECT_ROOT, PROJECT, stack))


def _classes(section: Section) -> list[str]:
    found: list[str] = []
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            found += _classes(value)
        elif field.alias in CLASS_KEYS:
            found.append(value)
    return found


def _without_classes(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_classes(value) if isinstance(value, dict) else value
        for key, value in row.items()
        if key not in (*CLASS_KEYS, "architecture")
    }
