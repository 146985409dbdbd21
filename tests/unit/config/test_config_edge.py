"""`settings.load()`: the engine's texts in, one frozen `Settings` or one clean error out."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config

import settings as config_edge
from scaleplan.config.engine_config import encode
from scaleplan.sizes import Size
from tests.stack_config import MINIMAL, PROJECT, accepted


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a test be the engine: `engine(texts, secret_keys)` fills what a real run fills."""
    monkeypatch.setattr(pulumi, "get_project", lambda: PROJECT)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    config, secrets = runtime_config.CONFIG.get(), runtime_config._SECRET_KEYS.get()

    def fill(texts: dict[str, str], secret_keys: tuple[str, ...] = ()) -> None:
        runtime_config.set_all_config(texts, list(secret_keys))

    yield fill
    runtime_config.set_all_config(config, list(secrets))


def test_load_decodes_the_engines_texts(engine: Any) -> None:
    engine(
        {
            "researchflow:size": "medium",
            "researchflow:region": "us-west-2",
            "researchflow:availabilityZones": '["us-west-2a","us-west-2b","us-west-2d"]',
            "researchflow:vpcCidr": "10.1.0.0/16",
            "researchflow:images": json.dumps(MINIMAL["images"]),
            "researchflow:protectData": "false",
            "researchflow:domain": "",
            "researchflow:database": '{"readReplicas":1}',
            "researchflow:edge": "{}",
            "pulumi:disable-default-providers": '["aws"]',
        }
    )
    settings = config_edge.load()
    assert (settings.size, settings.region, settings.domain) == (Size.MEDIUM, "us-west-2", None)
    assert settings.availability_zones == ("us-west-2a", "us-west-2b", "us-west-2d")
    assert (settings.protect_data, settings.database.read_replicas) == (False, 1)


def test_load_reads_the_environment_of_a_real_run(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine({})
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(encode(PROJECT, MINIMAL)))
    assert config_edge.load() == accepted()


def test_load_ignores_the_environment_where_config_is_given(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(encode(PROJECT, MINIMAL))
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"researchflow:size": "large"}))
    assert config_edge.load().size == Size.SMALL


def test_load_raises_what_pulumi_prints_without_a_traceback(engine: Any) -> None:
    engine(encode(PROJECT, MINIMAL | {"size": "smal", "protectData": "maybe", "queue": "{bad"}))
    with pytest.raises(pulumi.RunError) as raised:
        config_edge.load()
    assert str(raised.value).splitlines() == [
        "3 mistakes in the configuration:",
        '  researchflow:protectData = "maybe": allowed is true or false',
        '  researchflow:queue = "{bad": allowed is an object with the keys '
        "brokerClass, bullmqPrefix, clients, engine, nodeClass, nodes",
        '  researchflow:size = "smal": allowed is small, medium, large; nearest: small',
    ]


@pytest.mark.parametrize(
    ("key", "value"), [("region", "hidden-value"), ("database", {"instanceClass": "hidden-value"})]
)
def test_load_refuses_a_secret_without_showing_it(engine: Any, key: str, value: Any) -> None:
    engine(encode(PROJECT, MINIMAL | {key: value}), (f"researchflow:{key}",))
    with pytest.raises(pulumi.RunError) as raised:
        config_edge.load()
    assert f"researchflow:{key} = [secret]" in str(raised.value)
    assert "hidden-value" not in str(raised.value)
    assert str(raised.value).startswith("1 mistake ")


def test_load_refuses_a_namespace_that_nothing_reads(engine: Any) -> None:
    engine({**encode(PROJECT, MINIMAL), "aws:region": "us-east-1"})
    with pytest.raises(pulumi.RunError, match="aws:region"):
        config_edge.load()
