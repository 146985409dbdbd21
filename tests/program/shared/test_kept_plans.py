"""The plan cache in this project: it counts all that is read, and changes no verdict."""

import os
import subprocess
import sys

from typer.testing import CliRunner

from rf.cli import app
from rf.shared import stacks
from rf.shared.offline import record as recorder
from rf.shared.plan_cache import OFF, PlanCache, PlanQuestion
from rf.shared.project import PROJECT_ROOT

WITHOUT_SDK = """
import sys
from rf.cli import app
try:
    app(["preview", "--stack", "dev", "--json"])
finally:
    print([name for name in ("pulumi", "pulumi_aws", "botocore") if name in sys.modules],
          file=sys.stderr)
"""


def python(*arguments: str, off: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, OFF: off},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_plan_comes_back_as_it_was_recorded(planned, tmp_path):
    plan = planned("dev")
    cache = PlanCache(tmp_path, environment={})
    question = PlanQuestion(project="researchflow", stack="dev", config={}, unknowns=False)
    cache.put(question, plan)
    kept = PlanCache(tmp_path, environment={}).get(question)
    assert kept is not None
    assert kept == plan
    assert repr(kept) == repr(plan)
    assert kept.to_json() == plan.to_json()


def test_the_verdict_on_a_kept_plan_is_that_on_a_new_one(monkeypatch, tmp_path):
    cache = PlanCache(tmp_path, environment={})
    monkeypatch.setattr(stacks, "plans_kept", lambda: cache)
    recorded = []
    record = recorder.record
    monkeypatch.setattr(
        recorder, "record", lambda *what, **how: recorded.append(what) or record(*what, **how)
    )
    new, kept, again = (
        CliRunner().invoke(app, ["policy", "--stack", "dev", "--json"]) for _ in range(3)
    )
    assert len(recorded) == 1
    assert new.stdout
    assert (new.exit_code, new.stdout) == (kept.exit_code, kept.stdout)
    assert (new.exit_code, new.stdout) == (again.exit_code, again.stdout)


def test_a_command_with_a_kept_plan_loads_no_sdk(planned, monkeypatch):
    plan = planned("dev")
    monkeypatch.setattr(stacks, "plans_kept", lambda: PlanCache(environment={}))
    monkeypatch.setattr(recorder, "record", lambda *_, **__: plan)
    here = CliRunner().invoke(app, ["preview", "--stack", "dev", "--json"])
    assert here.exit_code == 0
    done = python("-c", WITHOUT_SDK)
    assert done.stderr.strip().endswith("[]"), done.stderr
    assert done.stdout == here.stdout
