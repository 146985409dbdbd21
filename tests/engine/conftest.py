"""Tests with Pulumi's engine: skipped where it was not built, or failed where CI=true."""

from __future__ import annotations

import os

import pytest

from rf.shared.cluster.binaries import find_binaries
from rf.shared.engine.binaries import MissingEngineError, find_engine
from rf.shared.servers.programs import MissingServersError


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    try:
        find_engine()
        find_binaries()
    except (MissingEngineError, MissingServersError) as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
