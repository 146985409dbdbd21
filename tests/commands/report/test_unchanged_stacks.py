"""What two revisions plan alike is told without planning, and nothing else is."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from rf.grow.steps import between_revisions
from rf.report.facts import gather
from rf.report.view import report_text
from rf.shared import revisions
from rf.shared.plan_cache import ingredients
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import WORKTREE, checked_out
from rf.shared.unchanged import UNREAD, unchanged_stacks
from tests.commands.grow.growth_cases import RDS, resource
from tests.commands.report.revision_cases import Repository, check_answer, cost_answer, plan_answer

PRIMARY = resource(RDS, "database-primary", {"instanceClass": "db.r7g.large"})
SITE = "config:\n  researchflow:disasterRecovery:\n    siteOf: prod\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def committed(repository: Repository) -> str:
    repository.commit(
        plan=plan_answer([PRIMARY]), cost=cost_answer("100.00"), check=check_answer(20, 100)
    )
    files = {"Pulumi.dev.yaml": "config: {}\n", "Pulumi.prod-dr.yaml": SITE, "settings.py": ""}
    return repository.commit_files(files)


def unchanged(repository: Repository, base: str, head: str) -> frozenset[str]:
    with ExitStack() as opened:
        before, after = (
            opened.enter_context(checked_out(each, repository.directory)) for each in (base, head)
        )
        return unchanged_stacks(before, after)


ALL = {"dev", "prod", "prod-dr"}


@pytest.mark.parametrize(
    ("file", "same"),
    [
        ("docs/cluster.md", ALL),
        ("README.md", ALL),
        ("tests/unit/cluster/test_nodes.py", ALL),
        ("Pulumi.dev.yaml", {"prod", "prod-dr"}),
        ("Pulumi.prod-dr.yaml", {"dev", "prod"}),
        # A recovery site reads its primary's outputs.
        ("Pulumi.prod.yaml", {"dev"}),
        ("Pulumi.yaml", set()),
        ("settings.py", set()),
        ("scaleplan/plan.yaml", set()),
        ("a-new-folder/of-charts.yaml", set()),
    ],
)
@pytest.mark.parametrize("committed_already", [True, False])
def test_a_stack_is_unchanged_where_nothing_that_it_is_planned_by_differs(
    repository, file, same, committed_already
):
    base = committed(repository)
    text = f"{SITE}  changed: here\n" if "dr" in file else "changed: here\n"
    if committed_already:
        head = repository.commit_files({file: text})
    else:
        head = WORKTREE
        (repository.directory / file).parent.mkdir(parents=True, exist_ok=True)
        (repository.directory / file).write_text(text, encoding="utf-8")
    assert unchanged(repository, base, head) == same
    assert unchanged(repository, head, base) == same


def test_a_file_that_git_ignores_counts_where_a_plan_reads_it(repository):
    base = repository.commit_files(
        {".gitignore": "rules.yaml\n", "Pulumi.prod.yaml": "config: {}\n"}
    )
    assert unchanged(repository, base, WORKTREE) == {"prod"}
    kept = repository.directory / "components" / "__pycache__" / "network.pyc"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"")
    assert unchanged(repository, base, WORKTREE) == {"prod"}
    (repository.directory / "components" / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    assert unchanged(repository, base, WORKTREE) == set()


def test_the_report_and_grow_plan_nothing_where_trees_are_equal(repository, monkeypatch):
    base = committed(repository)
    changed = repository.commit_files({"docs/cluster.md": "better\n"})
    planned = repository.commit_files({"settings.py": "same = 'plan'\n"})
    expected = report_text("base", "head", gather(base, planned, "prod", repository.directory))
    assert "## prod: no change" in expected

    def refuse(*_):
        raise AssertionError("nothing needs to be asked")

    monkeypatch.setattr(revisions, "_start", refuse)
    told = report_text("base", "head", gather(base, changed, "prod", repository.directory))
    assert told == expected
    monkeypatch.setattr(
        "rf.grow.steps.checked_out", lambda name: checked_out(name, repository.directory)
    )
    ((step, _),) = between_revisions(base, changed, "prod")
    assert (step.before, step.after, step.changes, step.safe) == (base, changed, (), True)
    with pytest.raises(AssertionError, match="nothing needs"):
        between_revisions(base, planned, "prod")


def test_checks_and_policy_are_asked_only_of_a_stack_with_something_to_say(repository, monkeypatch):
    base = committed(repository)
    same_plan = repository.commit_files({"settings.py": "same = 'plan'\n"})
    dearer = repository.commit(cost=cost_answer("120.00"))
    asked: list[str] = []
    start = revisions._start

    def noted(checkout, arguments):
        asked.append(f"{arguments[0]} {checkout.revision}")
        return start(checkout, arguments)

    monkeypatch.setattr(revisions, "_start", noted)
    gather(base, same_plan, "prod", repository.directory)
    both = {f"{what} {each}" for what in ("preview", "cost") for each in (base, same_plan)}
    assert sorted(asked) == sorted(both)
    asked.clear()
    (facts,) = gather(base, dearer, "prod", repository.directory)
    assert {f"check {dearer}", f"policy {dearer}"} <= set(asked)
    assert facts.margin is not None
    assert facts.margin.share == pytest.approx(0.2)


def test_nothing_that_a_plan_is_made_by_is_in_a_folder_that_is_left_out():
    inside = {path.relative_to(PROJECT_ROOT).as_posix() for path in ingredients(PROJECT_ROOT)}
    assert inside
    assert not [path for path in inside if path.startswith(UNREAD)]


def test_a_checkout_finds_the_plans_that_the_project_has_kept(repository):
    base = repository.commit_files(
        {"rf/shared/plan_cache.py": "", "Pulumi.prod.yaml": "config: {}\n"}
    )
    older = repository.commit_files({"rf/other.py": ""})
    kept = repository.directory / ".cache" / "plans"
    with checked_out(base, repository.directory) as checkout:
        (checkout.directory / ".cache" / "plans" / "one.plan").write_bytes(b"plan")
    assert (kept / "one.plan").read_bytes() == b"plan"
    with checked_out(older, repository.directory) as checkout:
        assert (checkout.directory / ".cache" / "plans" / "one.plan").is_file()
    assert (kept / "one.plan").is_file()
