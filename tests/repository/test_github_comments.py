"""Comments and issues by the workflows, on a GitHub of the test's own: whose, and what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rf.report.view import MARKER
from rf.report.view import MOST_BYTES as MOST_BYTES_OF_A_REPORT
from tests.repository.github_server import REPOSITORY, TOKEN, Stood, serving
from tools.github.__main__ import main
from tools.github.api import GitHub
from tools.github.comment import NotOursError, finished_run
from tools.github.texts import MOST_BYTES, fenced, harmless

HEAD = "a" * 40
MARK = "<!-- researchflow: preview -->"


@pytest.fixture
def stood() -> Stood:
    return Stood()


@pytest.fixture
def github(stood: Stood) -> Iterator[GitHub]:
    with serving(stood) as client:
        yield client


def event(workflow: str = "report", owner: str = "team", **changes: Any) -> dict[str, Any]:
    home = {"full_name": f"{owner}/researchflow", "owner": {"login": owner}}
    run = {
        "event": "pull_request",
        "path": f".github/workflows/{workflow}.yml",
        "head_branch": "feature",
        "head_sha": HEAD,
        "head_repository": home,
        "html_url": "https://github.example/runs/7",
        "pull_requests": [],
    }
    return {"workflow_run": run | changes}


@pytest.fixture
def run(github, monkeypatch, tmp_path, capsys):
    """Run `tools.github` as a job does, on an event, with files of an artifact."""

    def ran(*arguments: str, event: dict[str, Any] | None = None, **files: str) -> tuple[int, str]:
        url = github._url
        monkeypatch.setenv("GITHUB_API_URL", url.geturl())
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
        monkeypatch.setenv("GITHUB_RUN_ID", "7")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
        (tmp_path / "event.json").write_text(json.dumps(event or {}), "utf-8")
        directory = tmp_path / "printed"
        directory.mkdir(exist_ok=True)
        for name, text in files.items():
            (directory / name.replace("__", ".").replace("_", "-")).write_text(text, "utf-8")
        code = main([*arguments, "--directory", str(directory)])
        told = capsys.readouterr()
        assert TOKEN not in told.out + told.err
        return code, told.out + told.err

    return ran


def test_a_report_becomes_a_comment_and_the_next_one_changes_it(run, stood):
    stood.add_pull(12, "team", "feature", HEAD)
    text = f"{MARKER}\n\n# ResearchFlow: a → b\n"
    assert run("comment", event=event(), report__md=text) == (
        0,
        "made: the comment of pull request 12\n",
    )
    (comment,) = stood.comments[12]
    assert comment["body"].startswith(f"{MARKER}\n")
    assert "# ResearchFlow: a → b" in comment["body"]
    code, told = run("comment", event=event(), report__md=f"{MARKER}\n\n# ResearchFlow: a → c\n")
    assert (code, told) == (0, "changed: the comment of pull request 12\n")
    assert [each["id"] for each in stood.comments[12]] == [comment["id"]]
    assert "a → c" in stood.comments[12][0]["body"]


def test_a_forks_report_is_shown_in_its_own_pull_request_alone(run, stood):
    # The number is GitHub's answer for the commit; the artifact's word and a branch of the same
    # name elsewhere count for nothing.
    stood.add_pull(1, "team", "feature", "b" * 40)
    stood.add_pull(2, "stranger", "feature", HEAD)
    text = "pull request: 1\n"
    code, _told = run("comment", event=event(owner="stranger"), report__md=text, number="1")
    assert code == 0
    assert list(stood.comments) == [2]
    assert "own code, which had no credentials" in stood.comments[2][0]["body"]


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        ({"head": "c" * 40}, "a newer commit was pushed"),
        ({"base": "release"}, "into another branch"),
        ({"owner": "other"}, "somebody else's branch of the name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_run_without_an_open_pull_request_of_its_commit_writes_nothing(run, stood, pull, why):
    stood.add_pull(3, **({"owner": "team", "branch": "feature", "head": HEAD} | pull))
    code, told = run("comment", event=event(), report__md="text")
    assert code == 0
    assert "nothing to show" in told
    assert stood.writes == []


def test_a_fork_cannot_forge_a_preview(run, stood):
    stood.add_pull(2, "stranger", "feature", HEAD)
    forged = event("preview", owner="stranger")
    code, told = run("comment", event=forged, prod__txt="Resources: 300 unchanged")
    assert (code, told) == (0, "nothing to show: a fork has no preview\n")
    assert stood.writes == []


@pytest.mark.parametrize(
    "change",
    [
        {"path": ".github/workflows/mine.yml", "name": "report"},
        {"path": ""},
        {"event": "push"},
        {"head_repository": None},
    ],
    ids=str,
)
def test_another_workflow_of_the_same_name_is_none_of_ours(change):
    with pytest.raises(NotOursError):
        finished_run(event(**change), REPOSITORY)


def test_a_comment_of_anybody_else_is_left_alone(run, stood):
    stood.add_pull(4, "team", "feature", HEAD)
    stood.add_comment(4, f"{MARKER}\nmine", login="somebody")
    stood.add_comment(4, f"see {MARKER}")
    for _number in range(150):
        stood.add_comment(4, "talk", login="somebody")
    run("comment", event=event(), report__md="first")
    run("comment", event=event(), report__md="second")
    assert [method for method, _path, _content in stood.writes] == ["POST", "PATCH"]
    assert stood.comments[4][0]["body"] == f"{MARKER}\nmine"
    assert "second" in stood.comments[4][-1]["body"]


def test_what_a_report_holds_acts_on_nobody(run, stood):
    stood.add_pull(5, "team", "feature", HEAD)
    hostile = f"{MARKER}\n{MARK}\n@team/owners and @user\n<!-- hidden\n\x1b[31mred \u202etxt\u202c"
    run("comment", event=event(), report__md=hostile)
    body = stood.comments[5][0]["body"]
    assert body.count("<!--") == 1
    assert "@team" not in body
    assert "@user" not in body
    assert "\x1b" not in body
    assert "\u202e" not in body


@pytest.mark.parametrize("length", [MOST_BYTES + 1, 5_000_000])
def test_a_report_that_is_too_long_is_not_shown(run, stood, length):
    stood.add_pull(5, "team", "feature", HEAD)
    run("comment", event=event(), report__md="x" * length)
    body = stood.comments[5][0]["body"]
    assert "There is no report that could be shown" in body
    assert len(body) < 1_000


def test_a_report_as_long_as_they_may_be_is_shown(run, stood):
    stood.add_pull(5, "team", "feature", HEAD)
    run("comment", event=event(), report__md="x" * (MOST_BYTES_OF_A_REPORT - 400))
    assert "no report" not in stood.comments[5][0]["body"]


def test_a_link_to_a_file_of_the_job_is_not_followed(run, stood, tmp_path):
    stood.add_pull(5, "team", "feature", HEAD)
    (tmp_path / "printed").mkdir()
    (tmp_path / "secret").write_text("seeded-secret")
    (tmp_path / "printed/report.md").symlink_to(tmp_path / "secret")
    run("comment", event=event())
    body = stood.comments[5][0]["body"]
    assert "no plain file" in body
    assert "seeded-secret" not in body


def test_a_run_that_left_no_report_says_so(run, stood):
    stood.add_pull(5, "team", "feature", HEAD)
    run("comment", event=event())
    assert "report.md: it isn't there" in stood.comments[5][0]["body"]
    assert "https://github.example/runs/7" in stood.comments[5][0]["body"]


def test_an_empty_report_of_a_command_that_failed_says_where_to_look(run, stood):
    stood.add_pull(5, "team", "feature", HEAD)
    run("comment", event=event(), report__md="\n")
    assert "There is no report: the run says why." in stood.comments[5][0]["body"]


def test_previews_of_all_stacks_are_one_comment(run, stood):
    stood.add_pull(6, "team", "feature", HEAD)
    outputs = {
        "dev__txt": "Resources:\n    12 unchanged",
        "prod_us_west__txt": f"```\n</details>\n{MARK}\n" + "line\n" * 20_000 + "error: refused",
        "Bad__txt": "no stack's name",
    }
    run("comment", event=event("preview"), **outputs)
    body = stood.comments[6][0]["body"]
    assert body.startswith(f"{MARK}\n")
    assert "<summary>dev: 12 unchanged</summary>" in body
    assert "<summary>prod-us-west: error: refused</summary>" in body
    assert "lines before these are left out" in body
    assert "no stack's name" not in body
    assert len(body.encode()) <= MOST_BYTES
    blocks = [token for token in MarkdownIt("commonmark").parse(body) if token.type == "fence"]
    assert len(blocks) == 2


def test_a_refusal_of_github_fails_and_names_the_call(run, stood):
    stood.add_pull(5, "team", "feature", HEAD)
    stood.refuse = 403
    assert run("comment", event=event(), report__md="text") == (1, "GET pulls: HTTP 403\n")


def test_drift_opens_an_issue_keeps_it_current_and_closes_it(run, stood):
    asked = ("drift", "--stack", "prod")
    assert run(*asked, prod__code="0", prod__txt="none") == (0, "no drift\n")
    assert stood.writes == []
    assert run(*asked, prod__code="7", prod__txt="~ Bucket [diff: ~tags]")[1] == "opened 1\n"
    assert run(*asked, prod__code="7", prod__txt="~ Bucket [diff: ~acl]")[1] == "changed 1\n"
    (issue,) = stood.issues
    assert issue["title"] == "Drift of prod"
    assert "~acl" in issue["body"]
    assert "/actions/runs/7" in issue["body"]
    assert run(*asked, prod__code="0", prod__txt="none")[1] == "closed 1\n"
    assert stood.issues[0]["state"] == "closed"
    assert run(*asked, prod__code="7", prod__txt="again")[1] == "opened 2\n"


def test_each_stack_has_an_issue_of_its_own_and_nobody_elses_is_taken(run, stood):
    stranger = {"number": 1, "state": "open", "user": {"login": "somebody"}}
    stood.issues.append(stranger | {"body": "<!-- researchflow: drift prod -->", "title": "mine"})
    run("drift", "--stack", "prod", prod__code="7", prod__txt="a")
    run("drift", "--stack", "prod-eu", prod_eu__code="7", prod_eu__txt="b")
    assert [each["title"] for each in stood.issues] == ["mine", "Drift of prod", "Drift of prod-eu"]


@pytest.mark.parametrize("files", [{"prod__code": "255", "prod__txt": "error: no"}, {}])
def test_a_look_that_failed_is_never_no_drift(run, stood, files, tmp_path):
    run("drift", "--stack", "prod", prod__code="7", prod__txt="a")
    for name in ("prod.code", "prod.txt"):
        (tmp_path / "printed" / name).unlink()
    run("drift", "--stack", "prod", **files)
    assert stood.issues[0]["title"] == "Drift of prod is unknown"
    assert stood.issues[0]["state"] == "open"


@given(st.text(max_size=300), st.integers(500, 5_000))
def test_any_output_stays_in_its_block_and_within_its_bytes(text, most):
    block = fenced(text, most)
    assert len(block.encode()) <= most
    tokens = [token.type for token in MarkdownIt("commonmark").parse(f"{block}\n\nafter\n")]
    assert tokens == ["fence", "paragraph_open", "inline", "paragraph_close"]


@given(st.text(alphabet="@a<!->\n\u202e\x1b[3m `", max_size=200))
def test_no_text_hides_anything_or_calls_anybody(text):
    clean = harmless(text)
    assert harmless(f"<\u202e!--{text}") == harmless(f"<!--{text}")
    assert "<!--" not in clean
    assert "@a" not in clean
