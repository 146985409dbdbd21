"""`Pulumi.yaml`, `Settings` and the reference page say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_origin

import pytest
import yaml
from pydantic_core import PydanticUndefined

from rf.shared.project import PROJECT_ROOT
from scaleplan.config.section import FieldRule, fields_of, rule_of
from scaleplan.model import load_plan
from scaleplan.observability.alerts import SECRET_KEYS
from scaleplan.settings import Settings
from scaleplan.sizes import Size
from tools.reference.config_keys import render

PROJECT: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = PROJECT["config"]
FIELDS = fields_of(Settings)
SIZED = frozenset(load_plan().sizes[Size.SMALL].model_dump(by_alias=True))


def test_the_committed_page_is_the_generated_one() -> None:
    committed = (PROJECT_ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert committed == render(), (
        "run: python -m tools.reference.config_keys > docs/configuration.md"
    )


def test_the_schema_has_the_keys_of_the_settings() -> None:
    # The CLI refuses a stack without a declared secret, whose default can't be encrypted.
    assert set(SCHEMA) == set(FIELDS)
    assert not set(SCHEMA) & set(SECRET_KEYS)


@pytest.mark.parametrize("key", sorted(FIELDS))
def test_the_schema_gives_the_type_and_says_what_the_key_is_for(key: str) -> None:
    entry = SCHEMA[key]
    assert entry["type"] == _type(rule_of(FIELDS[key].annotation, FIELDS[key].metadata))
    assert entry["description"]
    # The CLI knows no other property; an unknown one would be ignored.
    assert set(entry) <= {"type", "items", "description", "default"}


@pytest.mark.parametrize("key", sorted(FIELDS))
def test_the_schemas_default_is_the_settings_own(key: str) -> None:
    default = FIELDS[key].default
    if key in SIZED:
        assert SCHEMA[key]["default"] == {}, "an object that overrides nothing"
    elif default is PydanticUndefined:
        assert "default" not in SCHEMA[key], "the CLI must ask for a required key"
    elif default is None:
        assert SCHEMA[key]["default"] == "", "the CLI's way to leave a text out"
    else:
        expected = list(default) if isinstance(default, tuple) else default
        assert SCHEMA[key]["default"] == expected


def test_the_page_describes_every_leaf() -> None:
    lines = render().splitlines()
    undescribed = [line for line in lines if line.startswith("|") and "|  |" in line]
    assert undescribed == []
    assert "| `system.maxNodes` | a whole number from 1 to 100 | `5` | `6` | `9` |" in render()


def test_the_project_runs_python_in_the_makefiles_virtualenv() -> None:
    assert PROJECT["name"] == "researchflow"
    assert PROJECT["runtime"] == {
        "name": "python",
        "options": {"toolchain": "pip", "virtualenv": ".venv"},
    }


@pytest.mark.parametrize(
    "path", sorted(PROJECT_ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name
)
def test_every_stack_file_turns_default_providers_off(path: Path) -> None:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    assert config["pulumi:disable-default-providers"] == ["aws", "kubernetes", "random", "tls"]


@pytest.mark.parametrize(
    "path", sorted(PROJECT_ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name
)
def test_no_salt_is_committed(path: Path) -> None:
    assert "encryptionsalt" not in yaml.safe_load(path.read_text(encoding="utf-8"))


def _type(rule: FieldRule) -> str:
    if rule.section is not None:
        return "object"
    if get_origin(rule.type) is tuple:
        return "array"
    return "boolean" if rule.type is bool else "string"
