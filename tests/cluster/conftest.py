"""Fixtures of the tests on a cluster without machines: each stack's two stories, told once.

Without what `.ci/cluster/build` and `.ci/apiserver/build` make these tests skip, or fail where
CI=true.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from rf.shared.cluster.binaries import apiserver_folder, find_binaries, find_cluster_binaries
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import settings_of
from tests.cluster.stories import Least, Most, least_of, most_of
from tests.conftest import Planned
from tests.unavailable import unavailable

STACKS = ("dev", "staging", "prod")
"""One of each size; large has Citus and Temporal."""


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    try:
        find_binaries()
        find_cluster_binaries()
    except MissingServersError as error:
        unavailable(str(error))
    if not (apiserver_folder() / "crds").is_dir():
        unavailable("no CustomResourceDefinitions: run .ci/apiserver/build, which needs Go")


@pytest.fixture(scope="session")
def _least(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Least]:
    return cache(
        lambda stack: least_of(
            planned(stack), settings_of(stack), tmp_path_factory.mktemp(f"{stack}-least")
        )
    )


@pytest.fixture(scope="session")
def _most(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Most]:
    return cache(
        lambda stack: most_of(
            planned(stack), settings_of(stack), tmp_path_factory.mktemp(f"{stack}-most")
        )
    )


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """The stack that a test looks at."""
    return request.param


@pytest.fixture
def least(stack: str, _least: Callable[[str], Least]) -> Least:
    """The stack at its minima, with all zones and with one less."""
    return _least(stack)


@pytest.fixture
def most(stack: str, _most: Callable[[str], Most]) -> Most:
    """The stack at its maxima, at rest and rolling out."""
    return _most(stack)
