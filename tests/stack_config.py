"""The least config that a stack needs, for tests that change one thing in it."""

from __future__ import annotations

from typing import Any

import pytest

from scaleplan.config.mistakes import InvalidSettings, Mistake
from scaleplan.config.parsing import parse
from scaleplan.settings import Settings

PROJECT = "researchflow"

MINIMAL: dict[str, Any] = {
    "size": "small",
    "region": "us-east-1",
    "availabilityZones": ["us-east-1a", "us-east-1b", "us-east-1c"],
    "vpcCidr": "10.9.0.0/16",
    "protectData": False,
    "images": {
        "orchestrator": "1.0.0",
        "worker": "1.0.0",
        "collaboration": "1.0.0",
        "web": "1.0.0",
    },
}


def accepted(**changes: Any) -> Settings:
    """Settings of the least config with these keys changed."""
    return parse(PROJECT, "test", MINIMAL | changes)


def refused(**changes: Any) -> list[Mistake]:
    """The mistakes of the least config with these keys changed."""
    with pytest.raises(InvalidSettings) as raised:
        accepted(**changes)
    return list(raised.value.mistakes)


def the_mistake(**changes: Any) -> Mistake:
    """The only mistake of the least config with these keys changed."""
    mistakes = refused(**changes)
    assert len(mistakes) == 1, mistakes
    return mistakes[0]
