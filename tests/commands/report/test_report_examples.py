"""The comments that README and docs/pull-request.md show: real ones, readable, without a secret."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from rf.check.state.policy import StateStatus, plain_secrets
from rf.report.view import MARKER, MOST_BYTES
from rf.shared.project import PROJECT_ROOT
from tests.commands.report.test_report import assert_parses


def of_the_page() -> str:
    return (PROJECT_ROOT / "docs/pull-request.md").read_text("utf-8").partition("\n---\n\n")[2]


def of_the_readme() -> str:
    """The README's quotation, as it was before it was quoted."""
    text = (PROJECT_ROOT / "README.md").read_text("utf-8")
    section = re.search(r"^## In a pull request\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)
    assert section is not None
    lines = [line[1:].removeprefix(" ") for line in section[1].splitlines() if line[:1] == ">"]
    return re.sub(r"^##(#+) ", r"\1 ", "\n".join(lines), flags=re.MULTILINE)


@pytest.mark.parametrize("comment", [of_the_page, of_the_readme])
def test_a_shown_comment_is_readable_and_says_all_that_a_comment_says(comment):
    text = comment()
    assert_parses(text)
    assert len(text.encode()) < MOST_BYTES
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [token.tag for token in tokens if token.type == "heading_open"][:2] == ["h1", "h2"]
    for row in ("resources", "cost a month, USD", "smallest capacity margin", "policy"):
        (said,) = re.findall(rf"^\| {row} \| (.*) \|$", text, re.MULTILINE)
        assert said
        assert "unknown" not in said
    assert text.count("<details>") == text.count("</details>") > 0


@pytest.mark.parametrize("comment", [of_the_page, of_the_readme])
def test_a_shown_comment_holds_no_secret(comment):
    words = [word.strip("`|<>") for word in comment().split()]
    assert plain_secrets("staging", {"config": {"words": words}}).state is StateStatus.FINE


def test_a_secret_in_a_shown_comment_would_be_seen():
    leaked = f"{of_the_page()} `postgresql://researchflow:seeded@host/ros`"
    words = [word.strip("`|<>") for word in leaked.split()]
    assert plain_secrets("staging", {"config": {"words": words}}).state is StateStatus.WRONG


def test_both_show_the_same_comment():
    page = of_the_page().removeprefix(MARKER)
    assert re.sub(r"\n+", "\n", page).strip() == re.sub(r"\n+", "\n", of_the_readme()).strip()
