"""The comment of a pull request, on pairs of revisions in a Git repository of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from rf.report.facts import gather
from rf.report.markdown import code, plain
from rf.report.view import MARKER, MOST_BYTES, at_risk, report_text
from rf.shared.revisions import RevisionError
from scaleplan.versions.table import TABLE
from tests.commands.grow.growth_cases import (
    CONFIG_MAP,
    RDS,
    RELEASE,
    resource,
    stack_of_claims,
    urn,
)
from tests.commands.report.revision_cases import Repository, check_answer, cost_answer, plan_answer

DATABASE: dict[str, Any] = {
    "identifier": "researchflow-prod-database",
    "instanceClass": "db.r7g.large",
    "allocatedStorage": 100,
    "password": "[secret]",
}
PRIMARY = resource(RDS, "database-primary", DATABASE)
REPLICA = resource(RDS, "database-replica-b", {"replicateSourceDb": "researchflow-prod-database"})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def reported(repository: Repository, base: str, head: str) -> str:
    """The comment, which is checked to be Markdown within the limit on the way."""
    facts = gather(base, head, "prod", repository.directory)
    text = report_text("base", "head", facts)
    assert len(text.encode()) < MOST_BYTES
    assert text.startswith(MARKER)
    assert_parses(text)
    assert len(repository.worktrees()) == 1
    return text


def assert_parses(text: str) -> None:
    """Every table keeps its columns, and no value became HTML of its own."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    columns = 0
    for token in tokens:
        if token.type == "thead_open":
            columns = 0
        if token.type == "th_open":
            columns += 1
        assert token.type != "html_block" or token.content.startswith(
            ("<details>", "</details>", "<!-- researchflow")
        )
    headings = [token for token in tokens if token.type == "heading_open"]
    assert headings
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.count("|") - line.count(r"\|") for line in rows}) <= 2


def test_a_larger_class_says_what_changes_what_it_costs_and_what_is_left(repository):
    base = repository.commit(
        plan=plan_answer([PRIMARY]), cost=cost_answer("100.00"), check=check_answer(20, 100)
    )
    larger = resource(RDS, "database-primary", DATABASE | {"instanceClass": "db.r7g.xlarge"})
    head = repository.commit(
        plan=plan_answer([larger]), cost=cost_answer("174.50"), check=check_answer(45, 100)
    )
    text = reported(repository, base, head)
    assert "## prod: no data at risk, 1 interrupted" in text
    assert "0 create, 1 update, 0 replace, 0 delete" in text
    assert "100.00 → 174.50 (+74.50)" in text
    assert "45% of its limit left (connections: clients)" in text
    assert "`db.r7g.large` | `db.r7g.xlarge`" in text
    assert "60 to 120 s" in text


def test_what_has_to_be_done_by_hand_first_is_told(repository):
    def planned(size: str) -> list[dict[str, Any]]:
        return [resource(RELEASE, "monitoring", stack_of_claims(size), protect=False)]

    base = repository.commit(plan=plan_answer(planned("20Gi")))
    head = repository.commit(plan=plan_answer(planned("50Gi")))
    text = reported(repository, base, head)
    assert "0 create, 1 update" in text
    lines = [line for line in text.splitlines() if "monitoring, before it is deployed: `" in line]
    assert ["wait pvc" in line for line in lines] == [False, True]
    assert lines[0].endswith('{"spec":{"resources":{"requests":{"storage":"50Gi"}}}}\'`')


def test_a_raised_chart_says_how_its_crds_change_by_either_revisions_own_table(repository):
    def revision(version: str, serves: str) -> str:
        inputs = {"name": "balancer", "version": version}
        crds = {"bindings.example.com": {"kind": "Binding", "serves": serves.split()}}
        row: dict[str, Any] = {
            "name": "balancer",
            "kind": "chart",
            "version": version,
            "address": "balancer",
            "definitions": {"by": "folder", "source": "its crds/", "crds": crds},
        }
        repository.commit_files({TABLE: yaml.safe_dump({"pins": [row]})})
        return repository.commit(
            plan=plan_answer([resource(RELEASE, "balancer", inputs, protect=False)])
        )

    base, fits, lost = revision("1.0", "v1 v1beta1"), revision("1.1", "v1"), revision("1.2", "v2")
    text = reported(repository, base, fits)
    (line,) = [each for each in text.splitlines() if each.startswith("- chart balancer 1.0 ")]
    assert line.endswith(
        "1.1: CRDs by hand: Helm changes none of a folder; `rf grow` has the order"
    )
    assert "no data at risk" in text
    text = reported(repository, base, lost)
    assert "data at risk: 1 finding" in text
    assert "bindings.example.com no longer has v1, in which its objects are stored" in text


def test_another_number_of_replicas_says_what_comes_and_goes(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    head = repository.commit(plan=plan_answer([PRIMARY, REPLICA]))
    assert "1 create, 0 update" in reported(repository, base, head)
    facts = gather(head, base, "prod", repository.directory)
    assert at_risk(facts)
    text = report_text("base", "head", facts)
    assert "**data at risk: 1 finding**" in text
    assert text.index("database-replica-b") < text.index("| resources |")


def test_a_rotated_secret_is_told_without_any_of_it(repository):
    random = "random:index/randomPassword:RandomPassword"
    login = "aws:secretsmanager/secretVersion:SecretVersion"
    version = resource(
        login,
        "login",
        {"secretString": "[secret]"},
        needs={"secretString": [urn(random, "password")]},
        protect=False,
    )

    def password(length: int) -> dict[str, Any]:
        return resource(random, "password", {"length": length, "special": False}, protect=False)

    base = repository.commit(plan=plan_answer([password(32), version]))
    head = repository.commit(plan=plan_answer([password(40), version]))
    text = reported(repository, base, head)
    assert "2 replace" in text
    assert "(follows password)" in text
    assert "`[secret]` | `(known after it is made)`" in text


def test_a_renamed_component_is_data_at_risk_and_with_an_alias_is_not(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    renamed = resource(RDS, "store-primary", DATABASE)
    head = repository.commit(plan=plan_answer([renamed]))
    text = reported(repository, base, head)
    assert "**data at risk: 1 finding**" in text
    assert "give it an alias" in text
    alias = resource(RDS, "store-primary", DATABASE, aliases=[urn(RDS, "database-primary")])
    kept = repository.commit(plan=plan_answer([alias]))
    assert "no data at risk" in reported(repository, base, kept)


def test_a_broken_base_is_told_and_a_broken_head_fails(repository):
    broken = repository.commit(plan="error: Traceback\n  <b>boom</b> `x` | y\n")
    head = repository.commit(plan=plan_answer([PRIMARY]), cost=cost_answer("10.00"))
    facts = gather(broken, head, "prod", repository.directory)
    assert not at_risk(facts)
    text = reported(repository, broken, head)
    assert "nothing to compare with: the base can't be planned" in text
    assert "boom" in text
    assert "10.00 (before: unknown)" in text
    backwards = gather(head, broken, "prod", repository.directory)
    assert at_risk(backwards)
    assert "**the head can't be planned**" in report_text("base", "head", backwards)


SEEDED = (
    "postgresql://researchflow:seeded-secret@database/ros",
    "AKIASEEDEDSECRET0001",
    "https://hooks.slack.com/services/T0/B0/seeded-secret",
    "-----BEGIN PRIVATE KEY-----\nseeded-secret\n-----END PRIVATE KEY-----",
)


@pytest.mark.parametrize("secret", SEEDED)
def test_a_secret_that_a_program_lets_out_is_in_no_comment(repository, secret):
    def pods(value: str) -> list[dict[str, Any]]:
        return [resource(CONFIG_MAP, "map", {"data": {"key": value}}, protect=False)]

    base = repository.commit(plan=plan_answer(pods("none")))
    head = repository.commit(plan=plan_answer(pods(f"before {secret} after")))
    violation = {"rule": "r", "level": "mandatory", "resource": "map", "message": f"has {secret}"}
    judged = repository.commit(
        policy={"rules": [{"id": "r"}], "violations": [violation], "expiredExceptions": []}
    )
    failing = repository.commit(plan=f"error: can't reach {secret}\n")
    texts = [reported(repository, base, revision) for revision in (head, judged, failing)]
    for text in texts:
        assert "[secret]" in text
        assert "seeded" not in text.lower()
    assert "[secret] after`" in texts[0].replace("]database/ros", "]")


def test_a_huge_change_is_cut_and_says_by_how_much(repository):
    def maps(value: str) -> list[dict[str, Any]]:
        return [
            resource(CONFIG_MAP, f"map-{number}", {"metadata": {"note": value * 50}}, protect=False)
            for number in range(3000)
        ]

    base = repository.commit(plan=plan_answer(maps("a")))
    head = repository.commit(plan=plan_answer(maps("é|`\n<b>")))
    text = reported(repository, base, head)
    assert "3000 update" in text
    assert "changes are left out, because a comment holds 60,000 bytes" in text
    assert "rf grow --stack prod --base base" in text


def test_no_change_is_said_in_a_line(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]), cost=cost_answer("10.00"))
    head = repository.commit()
    text = reported(repository, base, head)
    assert "## prod: no change" in text
    assert "<details>" not in text


def test_a_check_that_fails_comes_before_a_small_margin(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    larger = resource(RDS, "database-primary", DATABASE | {"allocatedStorage": 200})
    head = repository.commit(plan=plan_answer([larger]), check=check_answer(-5, 100))
    assert "**fails** by 5% of its limit" in reported(repository, base, head)


def test_what_a_revision_cant_answer_is_unknown_and_says_why(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    head = repository.commit(plan=plan_answer([PRIMARY, REPLICA]))
    text = reported(repository, base, head)
    assert "| cost a month, USD | unknown: No such command 'cost'. |" in text
    assert "| policy | unknown: No such command 'policy'. |" in text


def test_what_breaks_a_rule_of_the_policy_is_named_and_clean_counts_the_rules(repository):
    clean = {"rules": [{"id": "a-rule"}] * 9, "violations": [], "expiredExceptions": []}
    base = repository.commit(plan=plan_answer([PRIMARY]), policy=clean)
    head = repository.commit(plan=plan_answer([PRIMARY, REPLICA]))
    assert "| policy | clean, 9 rules |" in reported(repository, base, head)
    violation = {
        "rule": "database-two-zones",
        "level": "mandatory",
        "resource": f"{RDS}::database-primary",
        "message": "stands in one zone",
    }
    over = {"rule": "logs-kept", "resource": "a::b", "expired": "2026-01-31", "reason": "a test"}
    broken = repository.commit(
        policy=clean | {"violations": [violation], "expiredExceptions": [over]}
    )
    text = reported(repository, base, broken)
    assert "**2 broken**: database-two-zones (mandatory)" in text
    assert "stands in one zone" in text
    assert "logs-kept: a::b: its exception expired on 2026-01-31" in text
    other = repository.commit(policy={"answer": 42})
    assert "unknown: says neither rules nor violations" in reported(repository, base, other)


def test_every_stack_of_either_revision_is_in_one_comment(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    repository.commit_files(
        {
            "Pulumi.next.yaml": "config: {}\n",
            "answers/preview-next.json": (repository.directory / "answers/preview-prod.json")
            .read_text()
            .replace('"stack": "prod"', '"stack": "next"'),
        }
    )
    (repository.directory / "Pulumi.prod.yaml").unlink()
    head = repository.commit_files({})
    text = report_text("base", "head", gather(base, head, None, repository.directory))
    assert "## next: a new stack" in text
    assert "## prod: its file is gone" in text


def test_an_unknown_revision_is_refused(repository):
    repository.commit(plan=plan_answer([PRIMARY]))
    with pytest.raises(RevisionError, match="nowhere"):
        gather("nowhere", "worktree", "prod", repository.directory)


def test_the_files_as_they_are_now_are_a_revision_too(repository):
    base = repository.commit(plan=plan_answer([PRIMARY]))
    answer = repository.directory / "answers/preview-prod.json"
    answer.write_text(answer.read_text().replace("db.r7g.large", "db.r7g.xlarge"))
    text = report_text("base", "head", gather(base, "worktree", "prod", repository.directory))
    assert "db.r7g.xlarge" in text


def test_another_revision_sees_no_credentials_of_the_shell(repository, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "seeded-secret")
    leak = "import os, sys\nsys.exit('environment: ' + ' '.join(os.environ))\n"
    base = repository.commit(plan=plan_answer([PRIMARY]))
    head = repository.commit_files({"rf/__main__.py": leak})
    (facts,) = gather(base, head, "prod", repository.directory)
    assert "environment: " in facts.head_failure
    assert "AWS" not in facts.head_failure


@pytest.mark.parametrize("value", ["a`b", "``", "a|b", "<script>", "@team", "x\ny", "*b* _i_", ""])
def test_any_value_stays_one_cell_without_markup(value):
    cell = f"| {code(value)} | {plain(value)} |"
    tokens = MarkdownIt("commonmark").enable("table").parse(f"| a | b |\n|---|---|\n{cell}\n")
    cells = [token for token in tokens if token.type == "td_open"]
    assert len(cells) == 2
    inline = [child.type for token in tokens for child in token.children or ()]
    assert "html_inline" not in inline
    assert "em_open" not in inline
