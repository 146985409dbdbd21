"""Digests are asked for, shown and written by whoever will run the images; a moved tag is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.images import pins
from rf.shared.registry_client import RegistryClient
from rf.shared.stacks import settings_of
from scaleplan.images.digests import HEAD, ImageDigests, read_digests
from scaleplan.images.stack import images_of
from scaleplan.images.upstreams import UPSTREAMS, located
from tests.commands.registry_server import Served, registry_server

PGBOUNCER = "edoburu/pgbouncer:v1.26.1-p0"
BOTH = ("linux/arm64", "linux/amd64")


@pytest.fixture
def served(monkeypatch) -> Iterator[Served]:
    """Registries that have every image of the stack files."""
    with registry_server() as found:
        bases = {each.host: found.url for each in UPSTREAMS}
        monkeypatch.setattr(
            "rf.shared.registry_client.RegistryClient", partial(RegistryClient, bases)
        )
        for image in images_of(settings_of("dev")):
            found.put(f"{located(image.address)[1]}:{image.tag}", *BOTH, seed=image.name)
        yield found


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file of digests, which is read anew each time."""
    path = tmp_path / "image_digests.yaml"
    path.write_text(ImageDigests(digests={}).to_yaml())
    monkeypatch.setattr(pins, "FILE", path)
    monkeypatch.setattr(
        "scaleplan.images.image.load_digests", lambda: read_digests(path.read_text())
    )
    return path


def run(*options: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["images", "--stack", "dev", *options], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_digests_are_shown_and_written_once_somebody_agrees(served, file):
    code, shown = run("--pin", answer="n\n")
    digest = served.images[PGBOUNCER].digest
    assert digest in shown
    assert (code, read_digests(file.read_text()).digests) == (1, {})

    code, shown = run("--pin", answer="y\n")
    assert code == 0, shown
    assert file.read_text().startswith(HEAD)
    written = read_digests(file.read_text()).digests
    assert written[PGBOUNCER] == digest
    assert set(written) == {each.tagged for each in images_of(settings_of("dev"))}
    assert run("--check")[0] == 0
    listed = json.loads(run("--json")[1])["images"]
    assert digest in {each["digest"] for each in listed}


def test_a_moved_tag_is_told_and_its_pin_stays_until_it_is_named(served, file):
    assert run("--pin", "--yes")[0] == 0
    before = read_digests(file.read_text()).digests[PGBOUNCER]
    served.put(PGBOUNCER, *BOTH, seed="moved")
    code, shown = run("--check")
    assert code == 1
    assert f"{PGBOUNCER}: moved" in shown
    assert before in shown

    assert run("--pin", "--yes")[0] == 1
    assert read_digests(file.read_text()).digests[PGBOUNCER] == before
    assert run("--pin", "--yes", "--repin", "pgbouncer")[0] == 0
    assert read_digests(file.read_text()).digests[PGBOUNCER] == served.images[PGBOUNCER].digest


def test_what_nobody_runs_any_more_loses_its_digest(served, file):
    old = "edoburu/pgbouncer:v1.0.0-p0"
    file.write_text(ImageDigests(digests={old: f"sha256:{'a' * 64}"}).to_yaml())
    run("--pin", "--yes")
    assert old not in read_digests(file.read_text()).digests


def test_a_missing_image_and_a_silent_registry_are_no_pass(served, file):
    del served.images[PGBOUNCER]
    code, shown = run("--pin", "--yes", "--json")
    verdicts = {each["name"]: each["verdict"] for each in json.loads(shown)["images"]}
    assert (code, verdicts["pgbouncer"]) == (1, "missing")
    assert PGBOUNCER not in read_digests(file.read_text()).digests
    served.codes["/v2/edoburu/pgbouncer/manifests/v1.26.1-p0"] = 500
    code, shown = run("--check", "--json")
    verdicts = {each["name"]: each["verdict"] for each in json.loads(shown)["images"]}
    assert (code, verdicts["pgbouncer"]) == (1, "unknown")


def test_what_is_handed_secrets_and_goes_by_a_tag_is_named(file):
    code, shown = run()
    told = " ".join(shown.split())
    assert code == 0
    assert "are handed secrets and go by a tag" in told
    assert "every database password" in told


@pytest.mark.parametrize(
    "options", [("--pin", "--check"), ("--yes",), ("--repin", "a"), ("--pin", "--json")]
)
def test_options_that_contradict_each_other_are_bad_usage(options):
    assert run(*options)[0] == 2


def test_a_name_that_has_not_moved_is_not_repinned(served, file):
    code, shown = run("--pin", "--yes", "--repin", "grafana")
    assert (code, "grafana has not moved" in shown) == (2, True)
