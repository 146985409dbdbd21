"""`rf advise` asks a real Prometheus: every row of the plan's tables, as from a file."""

import json
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from rf.advise.advice import advised
from rf.advise.documents import advice_document
from rf.cli import app
from scaleplan.advice.findings import AdviceState
from tests.commands.advise.advice_cases import (
    DATABASE,
    SLOT_SECONDS,
    STACK,
    cases,
    flat,
    openmetrics,
)
from tests.services.observability.prometheus_server import start_prometheus

pytestmark = pytest.mark.services

FIRST = 1_790_000_000.0
PLACED = [(case, FIRST + SLOT_SECONDS * slot) for slot, case in enumerate(cases())]
"""Each case and its moment: one storage holds them all."""

each_case = pytest.mark.parametrize(("case", "at"), PLACED, ids=[str(case) for case, _ in PLACED])


def with_rds(case):
    """Something is known of the stack in each case, beside what the case is about."""
    metric = "connections" if case.measure == "database CPU" else "cpu"
    known = {f'postgres:{metric}_used_percent{{instance="{DATABASE}"}}': flat(1)}
    return replace(case, series=known | dict(case.series))


def iso(moment):
    return datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    path = tmp_path_factory.mktemp("advise") / "metrics.txt"
    path.write_text(openmetrics((with_rds(case), at) for case, at in PLACED), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prometheus(promtool, metrics, tmp_path_factory):
    directory = tmp_path_factory.mktemp("prometheus")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", metrics, directory / "data"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    with ExitStack() as stack:
        yield start_prometheus(stack, directory, scrape_configs=()).url


def document(at, *, prometheus=None, metrics=None):
    found = advised(
        STACK,
        size=None,
        overrides=(),
        load=None,
        prometheus=prometheus,
        metrics=metrics,
        at=at,
    )
    return advice_document(found)


@each_case
def test_a_row_is_due_fine_or_not_known_by_what_prometheus_has(prometheus, case, at):
    (row,) = [
        each
        for each in document(at, prometheus=prometheus)["findings"]
        if (each["component"], each["indicator"], each["measure"])
        == (case.component, case.indicator, case.measure)
    ]
    assert (row["state"], case.said in row["why"]) == (case.state, True), row
    if case.values:
        proposal = row["proposal"]
        own = {each["key"]: each["to"] for each in proposal["changes"] if each["action"]}
        assert own == case.values
        assert proposal["passes"]


@pytest.mark.parametrize("at", [at for _, at in PLACED[::12]])
def test_a_file_of_the_same_samples_says_the_same(prometheus, metrics, at):
    of_server, of_file = document(at, prometheus=prometheus), document(at, metrics=metrics)
    assert of_file | {"source": ""} == of_server | {"source": ""}


def test_the_command_asks_for_the_hour_that_it_is_told(prometheus):
    at = next(at for case, at in PLACED if case.measure == "database CPU")
    options = ["advise", "--stack", STACK, "--prometheus", prometheus]
    result = CliRunner().invoke(app, [*options, "--at", iso(at), "--json"])
    assert result.exit_code == 1
    first = json.loads(result.stdout)["findings"][0]
    assert (first["state"], first["value"]) == ("due", 81)
    now = CliRunner().invoke(app, options)
    assert now.exit_code == 2
    assert "has no sample of researchflow-staging" in now.stderr


def test_what_stands_alone_is_due_whatever_prometheus_has(prometheus):
    at = next(at for case, at in PLACED if case.state is AdviceState.FINE)
    options = ["advise", "--stack", STACK, "--prometheus", prometheus, "--at", iso(at), "--json"]
    assert CliRunner().invoke(app, options).exit_code == 0
    result = CliRunner().invoke(app, [*options, "--set", "queue.nodes=1"])
    assert result.exit_code == 1
    (row,) = [each for each in json.loads(result.stdout)["findings"] if each["state"] == "due"]
    assert (row["component"], row["indicator"]) == ("Redis (queue)", "Single point of failure")


def test_what_is_no_prometheus_is_told_apart(prometheus):
    result = CliRunner().invoke(
        app, ["advise", "--stack", STACK, "--prometheus", f"{prometheus}/graph"]
    )
    assert result.exit_code == 2
    assert "not as Prometheus does" in result.stderr
