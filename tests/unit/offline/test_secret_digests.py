"""A changed secret is told from one that stays, and nothing of either is shown or kept."""

from __future__ import annotations

import io
import json
import secrets
from contextlib import redirect_stdout
from typing import Any

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.grow.classify import GrowthStep, Kind, step_between
from rf.grow.documents import step_document
from rf.grow.view import show
from rf.report.facts import gather
from rf.report.view import report_text
from rf.shared.plan import RecordedPlan, Secret
from rf.shared.plan_document import PlanDocument, document_of, read_document
from rf.shared.revisions import checked_out, plans_at
from rf.shared.secret_digests import KEY_VARIABLE, digesting, run_key
from tests.commands.grow.growth_cases import plan, resource
from tests.commands.report.revision_cases import Repository, plan_answer
from tests.recorded import recorded_resource

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
SECRETS = ("first-Secret", "second-Secret")
ANSWERING = '''"""Prints the plan that this revision committed, with the digest of its secret."""
import hashlib, hmac, json, os, pathlib, sys
plan = pathlib.Path("answers", f"{sys.argv[1]}-prod.json")
if not plan.is_file():
    sys.exit("No such command.")
key = bytes.fromhex(os.environ["RESEARCHFLOW_SECRET_DIGEST_KEY"])
secret = json.dumps(pathlib.Path("secret").read_text()).encode()
digest = hmac.new(key, secret, hashlib.sha256).hexdigest()
print(plan.read_text().replace("[secret]", "[secret]:" + digest))
'''


def recorded(text: Any) -> RecordedPlan:
    """A plan of one version of a secret in Secrets Manager."""
    version = recorded_resource(
        VERSION, "password", {"secretId": "s", "secretString": Secret(text)}
    )
    return RecordedPlan(
        project="researchflow", stack="test", size="small", resources=(version,), outputs={}
    )


def printed(step: GrowthStep) -> str:
    """All that a command prints of a step, for people and for machines."""
    with redirect_stdout(io.StringIO()) as output:
        for as_json in (False, True):
            show("prod", [(step, None)], as_json=as_json)
    return output.getvalue()


def test_a_changed_secret_is_told_and_neither_it_nor_a_digest_is_shown():
    before, after = (document_of(recorded(text)) for text in SECRETS)
    step = step_between(before, after)
    (change,) = step.changes
    assert (change.name, change.kind) == ("password", Kind.REPLACE)
    assert [each.change.path for each in change.properties] == ["secretString"]
    assert step.secrets_compared
    text = printed(step) + repr(before) + repr(step)
    for told in (*SECRETS, *digests(SECRETS[0]), *digests(SECRETS[1])):
        assert told not in text
    assert "[secret]" in text


def digests(secret: str) -> list[str]:
    """What this run's plans carry for that secret."""
    text = recorded(secret).to_json(digesting(run_key()))
    found = json.loads(text)["resources"][0]["inputs"]["secretString"].removeprefix("[secret]:")
    assert len(found) == 64
    return [found]


@pytest.mark.parametrize("secret", ["text", {"deep": ["a", 1]}, {"b": 1, "a": 2}])
def test_a_secret_that_stays_is_no_change(secret):
    assert not step_between(document_of(recorded(secret)), document_of(recorded(secret))).changes


def test_a_digest_says_nothing_without_the_runs_key():
    texts = {
        recorded(SECRETS[0]).to_json(digesting(key)) for key in (run_key(), secrets.token_bytes(32))
    }
    assert len(texts) == 2
    assert len(run_key()) == 32
    # By itself, a plan has none.
    assert recorded(SECRETS[0]).to_json() == recorded(SECRETS[1]).to_json()


def without_digests(value: str = "[secret]") -> PlanDocument:
    return plan(resource(VERSION, "password", {"secretString": value}, protect=False))


def test_a_plan_that_says_nothing_of_its_secrets_is_not_called_unchanged():
    older, newer = without_digests(), document_of(recorded(SECRETS[0]))
    step = step_between(older, newer)
    # Other inputs are compared all the same.
    assert [each.change.path for change in step.changes for each in change.properties] == [
        "secretId"
    ]
    assert not step.secrets_compared
    assert "secrets: not compared" in printed(step)
    assert step_document(step, None)["secretsCompared"] is False
    assert step_between(newer, newer).secrets_compared


@pytest.fixture
def revisions(tmp_path) -> tuple[Repository, str, str]:
    """A repository with two revisions that differ in a secret, which their own programs digest."""
    repository = Repository(tmp_path)
    version = resource(VERSION, "password", {"secretString": "[secret]"}, protect=False)
    repository.commit(plan=plan_answer([version]))
    names = [
        repository.commit_files({"secret": text, "rf/__main__.py": ANSWERING}) for text in SECRETS
    ]
    return repository, names[0], names[1]


def test_revisions_that_differ_in_a_secret_are_told_apart(revisions):
    repository, base, head = revisions
    plans: list[PlanDocument] = []
    for name in (base, head, head):
        with checked_out(name, repository.directory) as checkout:
            found = plans_at([checkout], "prod")[0].plan
            assert found is not None
            plans.append(found)
    assert [change.kind for change in step_between(plans[0], plans[1]).changes] == [Kind.REPLACE]
    assert not step_between(plans[1], plans[2]).changes


def test_the_comment_of_a_pull_request_names_the_changed_secret(revisions):
    repository, base, head = revisions
    text = report_text("base", "head", gather(base, head, "prod", repository.directory))
    assert "1 replace" in text
    assert "secretString" in text
    assert "not compared" not in text
    assert not any(secret in text for secret in SECRETS)


def test_the_preview_digests_secrets_for_a_run_that_hands_it_a_key(monkeypatch):
    monkeypatch.setattr("rf.shared.stacks.plan_of", lambda *_args, **_kwargs: recorded(SECRETS[0]))

    def printed(**environment: str) -> PlanDocument:
        result = CliRunner().invoke(
            app, ["preview", "--stack", "dev", "--json"], env=dict(environment)
        )
        assert result.exit_code == 0
        return read_document(result.stdout)

    assert not printed().secrets_comparable
    handed = printed(**{KEY_VARIABLE: run_key().hex()})
    assert handed.secrets_comparable
    # Of the same run, so the same digests.
    assert not step_between(handed, document_of(recorded(SECRETS[0]))).changes
    assert step_between(handed, document_of(recorded(SECRETS[1]))).changes
