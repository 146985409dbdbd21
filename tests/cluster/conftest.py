"""Fixtures of the tests on a cluster without machines: each stack's two stories, told once.

Without what `.ci/cluster/build` and `.ci/apiserver/build` make these tests skip, or fail where
CI=true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import pytest

from rf.shared.cluster.binaries import apiserver_folder, find_binaries, find_cluster_binaries
from rf.shared.cluster.objects import RefusedError
from rf.shared.engine.binaries import EngineBinaries, MissingEngineError, find_engine
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import settings_of
from tests.cluster.stories import Least, Most, least_of, most_of
from tests.conftest import Planned
from tests.unavailable import unavailable

T = TypeVar("T", Least, Most)

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
def engine() -> EngineBinaries:
    """Pulumi's engine and its Kubernetes provider."""
    try:
        return find_engine()
    except MissingEngineError as error:
        unavailable(str(error))


@dataclass
class Told(Generic[T]):
    """A story that is told once a stack, also where it breaks off."""

    tell: Callable[[str], T]
    _told: dict[str, T | Exception] = field(default_factory=dict)

    def of(self, stack: str) -> T:
        """What was told of the stack. Raises what broke it off."""
        if stack not in self._told:
            try:
                self._told[stack] = self.tell(stack)
            except (RuntimeError, TimeoutError, RefusedError) as error:
                self._told[stack] = error
        told = self._told[stack]
        if isinstance(told, Exception):
            raise told
        return told


@pytest.fixture(scope="session")
def _least(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Told[Least]:
    return Told(
        lambda stack: least_of(
            planned(stack), settings_of(stack), tmp_path_factory.mktemp(f"{stack}-least")
        )
    )


@pytest.fixture(scope="session")
def _most(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Told[Most]:
    return Told(
        lambda stack: most_of(
            planned(stack), settings_of(stack), tmp_path_factory.mktemp(f"{stack}-most")
        )
    )


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """The stack that a test looks at."""
    return request.param


@pytest.fixture
def least(stack: str, _least: Told[Least]) -> Least:
    """The stack at its minima, with all zones and with one less."""
    return _least.of(stack)


@pytest.fixture
def most(stack: str, _most: Told[Most]) -> Most:
    """The stack at its maxima, at rest and rolling out."""
    return _most.of(stack)
