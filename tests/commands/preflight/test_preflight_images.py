"""Preflight asks for every image at its registry: its own pods' and its charts'."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rf.preflight.check_images import others_images
from rf.preflight.row import RowStatus
from rf.shared.registry_client import RegistryClient
from scaleplan.images.digests import ImageDigests
from scaleplan.images.stack import images_of
from scaleplan.images.upstreams import UPSTREAMS, located
from tests.commands.registry_server import Served, registry_server

PGBOUNCER = "edoburu/pgbouncer:v1.26.1-p0"
PATRONI = "quay.io/ongres/patroni"


@pytest.fixture(autouse=True)
def unpinned(monkeypatch) -> None:
    """Whatever the file of digests holds."""
    known = ImageDigests(digests={})
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)


@pytest.fixture
def served(need) -> Iterator[Served]:
    with registry_server() as found:
        for image in images_of(need.settings):
            found.put(f"{located(image.address)[1]}:{image.tag}", "linux/arm64", seed=image.name)
        yield found


@pytest.fixture
def rows(served, need):
    def asked() -> dict:
        client = RegistryClient({each.host: served.url for each in UPSTREAMS})
        return {each.subject: each for each in others_images(client, need)}

    return asked


def test_every_image_of_the_stack_is_asked_for_and_a_tag_is_told(rows, need):
    found = rows()
    assert set(found) == {each.tagged for each in images_of(need.settings)}
    assert all(each.status is RowStatus.PASS for each in found.values())
    assert any(each.startswith(PATRONI) for each in found)
    assert "every database password" in found[PGBOUNCER].found
    assert "can move" in found[PGBOUNCER].found


def test_a_missing_tag_fails_and_names_the_image(rows, served):
    del served.images[PGBOUNCER]
    row = rows()[PGBOUNCER]
    assert row.status is RowStatus.FAIL
    assert "pgbouncer" in row.fix


def test_an_image_for_other_processors_fails(rows, served):
    served.put(PGBOUNCER, "linux/amd64")
    row = rows()[PGBOUNCER]
    assert (row.status, row.found) == (RowStatus.FAIL, "for linux/amd64 alone")


def test_a_registry_that_does_not_answer_is_unknown_with_its_reason(need):
    class Nowhere(RegistryClient):
        def repository(self, address: str) -> str:
            return "http://127.0.0.1:1/v2/a"

    found = list(others_images(Nowhere(), need))
    assert {each.status for each in found} == {RowStatus.UNKNOWN}
    assert {each.found for each in found} == {"127.0.0.1:1 can't be reached"}
    assert all(each.fix for each in found)


@pytest.mark.parametrize("there", [True, False])
def test_a_pinned_digest_is_what_is_asked_for(rows, served, monkeypatch, there):
    digest = served.images[PGBOUNCER].digest if there else f"sha256:{'0' * 64}"
    known = ImageDigests(digests={PGBOUNCER: digest})
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)
    served.put(PGBOUNCER, "linux/amd64")  # the tag has moved, which a pod no longer follows
    row = rows()[f"{PGBOUNCER}@{digest}"]
    assert row.status is (RowStatus.PASS if there else RowStatus.FAIL)
    assert (row.found == "there, by its digest") is there
