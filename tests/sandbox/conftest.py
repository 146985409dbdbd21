"""One emulator for the suite, emptied between tests; a world to create small plans in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from rf.drill.fence import FencedApi, WatchingApi
from rf.shared.cards.lifecycle import Created
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, RecordedResource
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.emulator import Emulator
from rf.shared.sandbox.registry import Request, SandboxRegistry
from rf.up import bring_up
from tests.recorded import recorded_resource
from tests.sandbox.drill_worlds import StartWorld, start_world

REGION = "us-east-1"


@pytest.fixture(scope="session")
def emulator(shared_folder: Path) -> Iterator[Emulator]:
    # A second one in a session is seconds lost: are the tests of this folder in one process?
    (shared_folder / "emulator").touch(exist_ok=False)
    with Emulator(ACCOUNT_ID) as running:
        running.await_answer()
        yield running


class Lent:
    """Gives a command the emulator of the session, emptied, instead of one of its own."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __enter__(self) -> Emulator:
        _empty(self._emulator)
        return self._emulator

    def __exit__(self, *_: object) -> None:
        pass


@contextmanager
def lending(emulator: Emulator) -> Iterator[None]:
    """Commands that bring a stack up do so in the session's emulator, and leave it there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bring_up, "Emulator", lambda *_: Lent(emulator))
        yield


@pytest.fixture
def lent(emulator: Emulator) -> Iterator[None]:
    with lending(emulator):
        yield


def _empty(emulator: Emulator) -> None:
    urlopen(HttpRequest(f"{emulator.endpoint}/moto-api/reset", method="POST")).close()


@pytest.fixture(scope="session")
def clients(emulator: Emulator) -> Api:
    """One Api for all tests: building its clients takes longer than using them."""
    return Api(emulator, REGION)


@pytest.fixture
def api(emulator: Emulator, clients: Api) -> Api:
    """The Api on an emulator without resources, with nothing counted yet."""
    _empty(emulator)
    clients.missing.clear()
    clients.simplified.clear()
    clients.requests = 0
    return clients


class SmallPlan:
    """Creates resources one by one, and remembers them as a plan that `verify` can read."""

    def __init__(self, api: Api) -> None:
        self.world = SandboxRegistry(api, ACCOUNT_ID)
        self._resources: list[RecordedResource] = []

    def create(self, token: str, name: str, inputs: Mapping[str, Any]) -> Created:
        urn = f"urn:pulumi:test::researchflow::{token}::{name}"
        created = self.world.create(
            Request(
                urn=urn,
                token=token,
                name=name,
                inputs=inputs,
                planned=inputs,
                invented={},
                region=REGION,
            )
        )
        self._resources.append(
            recorded_resource(token, name, inputs, resource_id=created.id, outputs=created.outputs)
        )
        return created

    @property
    def plan(self) -> RecordedPlan:
        return RecordedPlan(
            project="researchflow",
            stack="test",
            size="small",
            resources=tuple(self._resources),
            outputs={},
        )


@pytest.fixture
def small_plan(api: Api) -> SmallPlan:
    return SmallPlan(api)


Network = Callable[[], tuple[str, list[str]]]


@pytest.fixture
def network(small_plan: SmallPlan) -> Network:
    """A VPC with two subnets: its id and theirs."""

    def build() -> tuple[str, list[str]]:
        vpc = small_plan.create("aws:ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"}).id
        subnets = [
            small_plan.create(
                "aws:ec2/subnet:Subnet",
                f"subnet-{letter}",
                {
                    "vpcId": vpc,
                    "cidrBlock": f"10.0.{index}.0/24",
                    "availabilityZone": f"us-east-1{letter}",
                },
            ).id
            for index, letter in enumerate("ab")
        ]
        return vpc, subnets

    return build


@pytest.fixture(scope="session")
def eyes(emulator: Emulator) -> WatchingApi:
    return WatchingApi(emulator, REGION)


@pytest.fixture(scope="session")
def fenced(emulator: Emulator) -> FencedApi:
    """One for all tests: building its clients takes longer than using them."""
    return FencedApi(emulator, REGION)


@pytest.fixture
def hands(fenced: FencedApi, api: Api) -> FencedApi:
    """Hands that have lost nothing yet, in an empty world."""
    fenced.lose("")
    return fenced


@pytest.fixture
def start(hands: FencedApi, eyes: WatchingApi, tmp_path: Path) -> StartWorld:
    return partial(start_world, hands, eyes, tmp_path)
