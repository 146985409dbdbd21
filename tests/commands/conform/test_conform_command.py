"""`rf conform` before any server starts: what it lists, explains and refuses, and its report."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.conform import conform
from rf.conform.conform import Conformance
from rf.conform.junit import report
from rf.conform.point import Outcome, PointVerdict
from rf.conform.points.table import POINTS
from rf.conform.view import show
from rf.shared.servers.programs import MissingServersError


def run(*options: str):
    return CliRunner().invoke(app, ["conform", *options])


def test_the_list_has_every_point_with_its_place_in_the_contract():
    listed = json.loads(run("--list", "--json").stdout)["points"]
    assert [each["id"] for each in listed] == [each.id for each in POINTS]
    assert all(each["contract"] for each in listed)
    assert "Images" in run("--list").stdout


def test_the_list_of_an_application_has_its_points_alone():
    listed = json.loads(run("web", "--list", "--json").stdout)["points"]
    assert {each["id"] for each in listed} == {
        each.id for each in POINTS if "web" in each.applications
    }


@pytest.mark.parametrize("point", [each.id for each in POINTS])
def test_an_explanation_has_the_sentence_and_both_languages(point):
    shown = run("--explain", point)
    assert shown.exit_code == 0
    assert all(part in shown.stdout for part in ("contract, ", "Node.js:", "Python:"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "name one of the applications orchestrator, worker, collaboration, web"),
        (("orchestrater", "--", "true"), "did you mean orchestrator?"),
        (("web",), "no command"),
        (("web", "--", "no-such-program"), "no-such-program: no such program"),
        (("web", "--only", "proves", "--", "true"), "there is no point proves"),
        (("--explain", "log-jsn"), "did you mean log-json?"),
        (("web", "--samples", "nowhere.yaml", "--", "true"), "nowhere.yaml"),
        (("web", "--junit", "/", "--", "true"), "can't be written"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(options, says):
    refused = run(*options)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("read: {path: api}", "read.path"),
        ("reads: {path: /api}", "reads: Extra inputs"),
        ("- read", "the file: "),
        ("read: [", "is no YAML"),
    ],
)
def test_a_wrong_file_of_samples_says_where(tmp_path, text, says):
    file = tmp_path / "samples.yaml"
    file.write_text(text, encoding="utf-8")
    refused = run("web", "--samples", str(file), "--", "true")
    assert refused.exit_code == 2
    assert says in refused.stderr


def test_without_the_servers_it_says_which_and_what_fetches_them(monkeypatch):
    def missing(_: object) -> object:
        raise MissingServersError("no pgbouncer 1.26.1 or newer: install it, or run .ci/services")

    monkeypatch.setattr(conform, "runnable_programs", missing)
    refused = run("web", "--", "true")
    assert refused.exit_code == 2
    assert refused.stderr == "no pgbouncer 1.26.1 or newer: install it, or run .ci/services\n"


VERDICTS = (
    PointVerdict(point=POINTS[0], outcome=Outcome.PASSED, seconds=0.5),
    PointVerdict(point=POINTS[1], outcome=Outcome.FAILED, seen='answered <500> & "\x1b"'),
    PointVerdict(point=POINTS[2], outcome=Outcome.NOT_TRIED, seen="no unshare"),
    PointVerdict(point=POINTS[3], outcome=Outcome.NOT_APPLICABLE, seen="asked of others"),
)
RESULT = Conformance(application="web", verdicts=VERDICTS)


def test_the_report_is_what_pipelines_read():
    suite = ElementTree.fromstring(report(RESULT))
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert counts == {"tests": "4", "failures": "1", "skipped": "2", "errors": "0"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == 'answered <500> & " "'
    skipped = [each.get("message") for each in suite.findall("testcase/skipped")]
    assert skipped == ["not tried: no unshare", "not applicable: asked of others"]


def test_the_last_lines_name_the_first_broken_point(capsys):
    show(RESULT, as_json=False)
    said = capsys.readouterr().out
    assert "1 passed, 1 failed, 1 not applicable, 1 not tried" in said
    assert said.splitlines()[-1] == f"how to honour it: rf conform --explain {POINTS[1].id}"


def test_json_is_one_document(capsys):
    show(RESULT, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["firstBroken"] == POINTS[1].id
    assert [each["outcome"] for each in document["points"]] == [
        "passed",
        "failed",
        "not tried",
        "not applicable",
    ]
