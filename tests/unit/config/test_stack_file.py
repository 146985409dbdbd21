"""Stack files and `--set`, read as the Pulumi CLI reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaleplan.config.mistakes import InvalidSettings, Mistake
from scaleplan.config.parsing import parse
from scaleplan.config.stack_file import config_of, read_stack, with_overrides
from tests.stack_config import MINIMAL, PROJECT


def file_mistakes(text: str) -> list[Mistake]:
    with pytest.raises(InvalidSettings) as raised:
        config_of(text, PROJECT, "Pulumi.x.yaml")
    return list(raised.value.mistakes)


def test_an_unknown_stack_lists_the_stacks(tmp_path: Path) -> None:
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as raised:
        read_stack(tmp_path, PROJECT, "prd")
    assert raised.value.mistakes == (
        Mistake(key="stack", value="prd", allowed="dev, prod", nearest="prod"),
    )


def test_a_stack_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_bytes(b"config: {a: \xff}\n")
    with pytest.raises(InvalidSettings, match=r"Pulumi\.dev\.yaml = .*UTF-8"):
        read_stack(tmp_path, PROJECT, "dev")


def test_bad_yaml_says_where() -> None:
    (mistake,) = file_mistakes("config:\n  researchflow:size: [small\n")
    assert mistake.key == "Pulumi.x.yaml"
    assert mistake.allowed.startswith("valid YAML in UTF-8; line 3:")


def test_a_key_that_stands_twice_is_refused_as_by_the_cli() -> None:
    (mistake,) = file_mistakes("config:\n  researchflow:size: small\n  researchflow:size: large\n")
    assert mistake.allowed.endswith("line 3: the key researchflow:size stands twice")


def test_yes_is_a_text_as_for_the_cli() -> None:
    assert config_of("config: {researchflow:protectData: yes}", PROJECT, "f") == {
        "protectData": "yes"
    }


def test_the_engines_own_keys_are_left_alone() -> None:
    text = "config:\n  pulumi:disable-default-providers: [aws]\nencryptionsalt: v1:x\n"
    assert config_of(text, PROJECT, "f") == {}


def test_a_key_of_another_namespace_is_refused_without_its_value() -> None:
    (mistake,) = file_mistakes("config: {aws:region: us-east-1}")
    assert mistake.key == "aws:region"
    assert "us-east-1" not in str(mistake)
    assert mistake.nearest == "researchflow:region"


def test_a_misspelt_outermost_key_is_refused() -> None:
    (mistake,) = file_mistakes("confg: {}\n")
    assert (mistake.key, mistake.nearest) == ("Pulumi.x.yaml:confg", "config")


@pytest.mark.parametrize("text", ["[1]", "config: [1]", "config: x", "hello"])
def test_a_file_that_is_no_object(text: str) -> None:
    assert file_mistakes(text)[0].key.startswith("Pulumi.x.yaml")


def test_a_secret_is_refused_and_never_shown() -> None:
    text = "config: {researchflow:images: {web: {secure: v1:abc}}}"
    (mistake,) = file_mistakes(text)
    assert (mistake.key, mistake.value) == ("researchflow:images.web", "[secret]")


@pytest.mark.parametrize("value", ["2026-01-02", ".inf", "!!binary aGk="])
def test_a_value_that_no_setting_can_have(value: str) -> None:
    (mistake,) = file_mistakes(f"config: {{researchflow:images: {{web: {value}}}}}")
    assert mistake.key == "researchflow:images.web"


def test_set_lays_a_leaf_over_the_file() -> None:
    config = with_overrides({"worker": {"minReplicas": 3}}, PROJECT, ["worker.maxReplicas=8"])
    assert config == {"worker": {"minReplicas": 3, "maxReplicas": 8}}


def test_set_takes_yaml_and_the_projects_prefix() -> None:
    config = with_overrides(
        {}, PROJECT, ["researchflow:edge.waf=true", "publicApiCidrs=[203.0.113.0/24]"]
    )
    assert config == {"edge": {"waf": True}, "publicApiCidrs": ["203.0.113.0/24"]}


def test_set_needs_no_quotes_for_a_text_that_looks_like_a_number() -> None:
    config = with_overrides({}, PROJECT, ["kubernetesVersion=1.36", "images.web=1.10"])
    assert config == {"kubernetesVersion": "1.36", "images": {"web": "1.10"}}


def test_set_of_nothing_unsets_an_optional_key() -> None:
    config = with_overrides(MINIMAL | {"domain": "a.example.com"}, PROJECT, ["domain="])
    assert parse(PROJECT, "test", config).domain is None


@pytest.mark.parametrize("override", ["worker", "=3", "a..b=1", "worker.maxReplicas=[", ""])
def test_a_set_without_sense(override: str) -> None:
    with pytest.raises(InvalidSettings, match="--set"):
        with_overrides({}, PROJECT, [override])
