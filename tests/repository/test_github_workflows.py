"""The workflows: what they may do, what they run, and that their linters find nothing."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from benchmarks.deployment import scheduled
from rf.cli import app
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names
from tools.approval.__main__ import parser as approval_parser
from tools.github.comment import PREVIEW, REPORT

WORKFLOWS = sorted((PROJECT_ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((PROJECT_ROOT / ".github/actions").glob("*/action.yml"))
ACTIONLINT = Path(os.environ.get("RESEARCHFLOW_ACTIONLINT", PROJECT_ROOT / ".cache/actionlint"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
LOCAL = re.compile(r"uses: \./\.github/(actions|workflows)/[\w./-]+$")
STACKS = ["dev", "staging", "prod", "prod-us-west", "prod-eu", "prod-dr"]
"""In the order of deployment: the home cell before those of production that read its outputs."""


def read(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text("utf-8"))
    # YAML 1.1 takes the key `on` for true.
    return document | {"on": document.get(True)}


def workflow(name: str) -> dict[str, Any]:
    return read(PROJECT_ROOT / ".github/workflows" / f"{name}.yml")


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.stem}/{name}", job)
        for path in WORKFLOWS
        for name, job in read(path)["jobs"].items()
    ]


def steps() -> list[tuple[str, dict[str, Any]]]:
    found = [(name, step) for name, job in jobs() for step in job.get("steps", ())]
    composite = [(path.parent.name, read(path)) for path in ACTIONS]
    return found + [(name, step) for name, doc in composite for step in doc["runs"]["steps"]]


each_file = pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.stem)
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def test_actionlint_finds_nothing():
    program = ACTIONLINT / "actionlint"
    if not program.exists():
        reason = f"{program} is missing: .ci/actionlint/build makes it, with Go"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Without the linters that this machine may have or not.
    command = [str(program), "-shellcheck=", "-pyflakes=", *map(str, WORKFLOWS)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_zizmor_finds_nothing_that_is_not_excused():
    program = Path(sys.executable).with_name("zizmor")
    command = [str(program), "--offline", "--no-progress", "--quiet", str(PROJECT_ROOT / ".github")]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT, env=environment
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_one_finding_that_is_excused_is_the_trigger_of_the_comment():
    excused = [
        (path.stem, line.strip())
        for path in [*WORKFLOWS, *ACTIONS]
        for line in path.read_text("utf-8").splitlines()
        if "zizmor: ignore" in line
    ]
    assert [(stem, line.partition(":")[0]) for stem, line in excused] == [
        ("comment", "workflow_run")
    ]


@each_file
def test_every_action_is_pinned_to_a_commit_and_names_its_version(path):
    used = [line.strip(" -") for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    for line in used:
        assert PINNED.fullmatch(line) or LOCAL.fullmatch(line), line


def test_an_action_has_one_version_everywhere():
    pins: dict[str, set[str]] = {}
    for _name, step in steps():
        action, _at, commit = step.get("uses", "./").partition("@")
        pins.setdefault(action, set()).add(commit)
    assert all(len(commits) == 1 for commits in pins.values()), pins


@each_workflow
def test_no_workflow_gives_a_pull_request_the_repositorys_own_rights(path):
    triggers = read(path)["on"]
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers or path.stem == "comment"
    assert "secrets." not in path.read_text("utf-8")


@each_workflow
def test_a_job_has_no_permission_but_what_it_names(path):
    assert read(path)["permissions"] == {}


def test_only_the_jobs_that_need_it_may_write_or_get_a_role():
    rights = {
        name: {right for right, level in job["permissions"].items() if level == "write"}
        for name, job in jobs()
    }
    deploys = {f"deploy/{stack}" for stack in STACKS} | {"deploy-stack/plan", "deploy-stack/up"}
    assert {name for name, written in rights.items() if "id-token" in written} == deploys | {
        "preview/preview",
        "drift/look",
    }
    assert rights.pop("comment/comment") == {"pull-requests"}
    assert rights.pop("drift/tell") == {"issues"}
    # What it calls gets no more than a job hands on; of that, only the last one deletes artifacts.
    assert all(rights.pop(f"deploy/{stack}") == {"id-token", "actions"} for stack in STACKS)
    assert rights.pop("deploy-stack/forget") == {"actions"}
    assert all(written <= {"id-token"} for written in rights.values())


def test_no_checkout_leaves_a_token_behind():
    checkouts = [step for _name, step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_command_holds_an_expression():
    for name, step in steps():
        assert "${{" not in step.get("run", ""), (
            f"{name}: a text of somebody else would be a command"
        )


def test_what_runs_for_a_fork_has_nothing_but_the_code():
    for name in ("checks", "report"):
        for job in workflow(name)["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
            assert "environment" not in job
            assert "vars." not in str(job)
            assert job["runs-on"] == "ubuntu-24.04"


def test_a_fork_is_never_previewed():
    (job,) = workflow("preview")["jobs"].values()
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert job["if"].startswith(f"{same} && ")
    assert "||" not in job["if"]


def test_the_comment_runs_the_default_branchs_code_and_installs_nothing():
    (job,) = workflow("comment")["jobs"].values()
    checkout = next(step for step in job["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == ['python3 -m tools.github comment --directory "$RUNNER_TEMP/printed"']
    shown = {Path(REPORT).stem, Path(PREVIEW).stem}
    assert set(workflow("comment")["on"]["workflow_run"]["workflows"]) == shown
    assert {workflow(name)["name"] for name in shown} == shown


def test_what_comments_needs_no_installed_package():
    load = f"import sys; sys.path.insert(0, {str(PROJECT_ROOT)!r}); import tools.github.__main__"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{load}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tools.github.comment" in result.stdout


def test_stacks_are_deployed_in_order_each_with_an_approval_of_its_own():
    assert sorted(STACKS) == sorted(stack_names(PROJECT_ROOT))
    found = workflow("deploy")["jobs"]
    assert list(found) == ["checks", *STACKS]
    for before, stack in zip(["checks", *STACKS], STACKS, strict=False):
        assert found[stack]["needs"] == before
        assert found[stack]["with"] == {"stack": stack}
    up = workflow("deploy-stack")["jobs"]["up"]
    assert up["needs"] == "plan"
    assert up["environment"] == "${{ inputs.stack }}"


def test_what_is_deployed_was_compared_with_what_was_approved():
    found = workflow("deploy-stack")["jobs"]
    planned, deployed = found["plan"]["steps"], found["up"]["steps"]
    (kept,) = (step for step in planned if "actions/upload-artifact@" in step.get("uses", ""))
    assert planned.index(kept) == len(planned) - 1
    # The shortest that GitHub keeps one; another attempt of the run puts its own in its place.
    assert kept["with"]["retention-days"] == 1
    assert kept["with"]["overwrite"] is True
    (read,) = (step for step in deployed if "actions/download-artifact@" in step.get("uses", ""))
    assert read["with"]["artifact-ids"] == "${{ needs.plan.outputs.approval }}"
    runs = [step["run"] for step in deployed if "run" in step]
    previewed, compared, up, looked = runs
    assert deployed.index(read) < len(deployed) - len(runs)
    assert '--save-plan "$RUNNER_TEMP/plan.json"' in previewed
    assert '--plan "$RUNNER_TEMP/plan.json"' in compared
    file = Path(kept["with"]["path"]).name
    assert compared.endswith(f'--with "$RUNNER_TEMP/approved/{file}"')
    assert "continue-on-error" not in str([step for step in deployed if step is not read])
    # No preview of its own: what it would show nobody compares.
    assert "--skip-preview" in up
    assert "--expect-no-changes" in looked


def test_what_was_kept_for_an_approval_is_deleted_whatever_became_of_it():
    job = workflow("deploy-stack")["jobs"]["forget"]
    assert job["needs"] == ["plan", "up"]
    assert job["if"] == "always() && needs.plan.outputs.approval != ''"
    (step,) = job["steps"]
    assert "--method DELETE" in step["run"]
    assert "uses" not in step


def test_each_call_of_the_approval_has_the_options_that_it_needs():
    called = [
        shlex.split(step["run"])[3:]
        for _name, step in steps()
        if " -m tools.approval " in step.get("run", "")
    ]
    assert [approval_parser().parse_args(words).command for words in called] == ["keep", "compare"]


def test_one_deployment_at_a_time_and_none_is_cancelled_on_its_way():
    assert workflow("deploy")["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    up = workflow("deploy-stack")["jobs"]["up"]["concurrency"]
    assert up == {"group": "up-${{ inputs.stack }}", "cancel-in-progress": False}
    assert set(workflow("deploy")["on"]) == {"push", "workflow_dispatch"}
    assert workflow("deploy")["on"]["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("name", ["preview", "drift"])
def test_every_stack_is_previewed_and_watched(name):
    for job in workflow(name)["jobs"].values():
        assert job["strategy"] == {"fail-fast": False, "matrix": {"stack": STACKS}}


def test_whoever_reaches_an_api_server_runs_where_the_variable_says():
    near = [job for _name, job in jobs() if "./.github/actions/pulumi" in str(job)]
    assert len(near) == 4
    for job in near:
        assert job["runs-on"].startswith("${{ fromJSON(vars.VPC_RUNNERS || '{}')[")
        assert "environment" in job


def test_a_job_that_deploys_or_previews_installs_the_command_line_only_where_it_runs_it():
    (action,) = ACTIONS
    usual = read(action)["inputs"]["lock"]["default"]
    assert usual == "requirements.txt"
    for name, job in jobs():
        used = [s for s in job.get("steps", ()) if s.get("uses") == "./.github/actions/pulumi"]
        for step in used:
            runs_rf = any(" -m rf " in each.get("run", "") for each in job["steps"])
            expected = "requirements-cli.txt" if runs_rf else usual
            assert step["with"].get("lock", usual) == expected, name


def test_the_cli_is_of_the_sdks_version():
    (action,) = ACTIONS
    installed = next(
        step["with"]["pulumi-version"]
        for step in read(action)["runs"]["steps"]
        if "pulumi/actions@" in step.get("uses", "")
    )
    assert f"pulumi=={installed} \\\n" in (PROJECT_ROOT / "requirements.txt").read_text("utf-8")


def commands() -> list[list[str]]:
    """Each call of `rf` in a step, as its words, cut at the shell's own."""
    found = []
    for _name, step in steps():
        text = re.sub(r'"\$\([^)]*\)"', "REV", step.get("run", "")).replace("\\\n", " ")
        for line in text.splitlines():
            if " -m rf " in line:
                words = shlex.split(line.partition(" -m rf ")[2])
                ends = [at for at, word in enumerate(words) if word in (">", "||", "&&", "|", ";")]
                found.append(words[: min(ends, default=len(words))])
    return found


def test_each_call_of_rf_names_a_command_and_options_that_it_has():
    root: Any = typer.main.get_command(app)
    assert len(commands()) >= 3
    for words in commands():
        command, rest = root, list(words)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        assert command is not root, words
        # Parsed, not run: an unknown option or a missing value is a usage error.
        command.make_context("rf", rest).close()


def test_the_policy_pack_judges_what_is_proposed_and_what_is_deployed():
    said = [(step.get("name"), step["run"]) for _job, step in steps() if "run" in step]
    judged = {name for name, run in said if "--policy-pack policy " in run}
    assert judged == {
        "Preview",
        "What would happen, for who approves",
        "What would happen now",
        "Deploy",
    }
    assert (PROJECT_ROOT / "policy/PulumiPolicy.yaml").is_file()


PAGE = (PROJECT_ROOT / "docs/deployment.md").read_text("utf-8")


def test_no_resource_waits_for_a_place_among_those_that_are_made_at_once(planned):
    """The engine's default is 4 a core, so a small runner's deployment would take longer."""
    calls = re.findall(
        r"\bpulumi (?:preview|up|refresh|destroy) --[^\n]*",
        "\n".join(step.get("run", "") for _name, step in steps()),
    )
    numbers = {re.search(r"--parallel (\d+)(?!\S)", call) for call in calls}
    assert len(calls) == 6
    assert None not in numbers
    (number,) = {int(found.group(1)) for found in numbers if found}
    plan = planned("prod")
    longest_chain = scheduled(plan).minutes
    assert scheduled(plan, number).minutes < 1.02 * longest_chain
    # No more than it takes: half of it would be felt.
    assert scheduled(plan, number // 2).minutes > 1.02 * longest_chain


def document(name: str) -> dict[str, Any]:
    """The page's policy of that name."""
    found = re.search(rf"```json {name}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_page_names_every_workflow_and_variable():
    texts = [path.read_text("utf-8") for path in [*WORKFLOWS, *ACTIONS]]
    used = {name for text in texts for name in re.findall(r"vars\.(\w+)", text)}
    assert used
    assert {name for name in used if f"`{name}`" not in PAGE} == set()
    shown = {path.stem for path in WORKFLOWS} - {"deploy-stack"}
    assert {stem for stem in shown if f"| `{stem}` |" not in PAGE} == set()


def test_a_role_trusts_one_environment_by_its_whole_name():
    (statement,) = document("trust")["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    (operator,) = statement["Condition"]
    assert operator == "StringEquals"
    provider = "token.actions.githubusercontent.com"
    condition = statement["Condition"][operator]
    assert condition[f"{provider}:aud"] == "sts.amazonaws.com"
    assert re.fullmatch(r"repo:[\w-]+/[\w-]+:environment:[\w-]+", condition[f"{provider}:sub"])


def test_the_reading_role_changes_no_state():
    actions = {each for part in document("reading")["Statement"] for each in part["Action"]}
    assert actions == {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}
    assert all(part["Resource"] != "*" for part in document("reading")["Statement"])
