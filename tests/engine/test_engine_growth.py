"""Growth by Pulumi's engine on one state, beside what `rf grow` says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from rf.grow.steps import between_sizes
from rf.rehearse.beside import REPLACEMENT, ChangeBeside, beside
from rf.shared.cards.registry import holds
from rf.shared.engine.runs import EngineRun
from rf.shared.plan_document import document_of
from rf.shared.stacks import ANY_CAPACITY
from tests.configurations import ACTIVE
from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import RehearsedAlone, changed_nothing, rehearsed, went_well
from tools.approval.plan import Plan, ciphertexts, differences, plan_of

pytestmark = pytest.mark.engine

STACK = "staging"
"""As `rf grow` itself: it guards its data, has a domain and is not on Citus."""

SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"

UP = ("small", "medium", "large")
DOWN = tuple(reversed(UP))


def test_what_grows_is_what_rf_grow_says(planned: Planned, standing: Standing) -> None:
    ups, downs = _steps(UP), _steps(DOWN)
    plans = [planned(STACK), planned("prod"), planned("prod", size="small")]
    with rehearsed(standing, STACK, *plans) as ground:
        ground.configure(UP[0], (ANY_CAPACITY,))
        went_well(ground.stack.up())
        for size, step in zip(UP[1:], ups, strict=True):
            ground.configure(size, (ANY_CAPACITY,))
            assert _disagreements(went_well(ground.stack.preview()), step) == []
            assert step.safe
            update = went_well(ground.stack.up())
            assert _lost(update) == []
            assert _disagreements(update, _less_what_only_follows(update, step)) == []
            changed_nothing(ground.stack.preview())
            assert ground.differences() == []
        for number, size in enumerate(DOWN[1:], start=1):
            ground.configure(size, (ANY_CAPACITY,))
            _fails_where_impossible(ground, downs[:number])
        _is_not_destroyed(ground)


def test_a_recovery_site_takes_over_without_a_replacement(
    planned: Planned, standing: Standing, tmp_path: Path
) -> None:
    """But of secrets' versions: AWS makes one for each content, and keeps the one before. Two
    previews of it are of one plan, so that the second is what was approved with the first."""
    plans = [planned("prod-dr"), planned("prod-dr", overrides=ACTIVE)]
    waiting, active = map(document_of, plans)
    step = step_between(waiting, active)
    with rehearsed(standing, "prod-dr", *plans) as ground:
        ground.configure()
        went_well(ground.stack.up())
        ground.configure(overrides=ACTIVE)
        first, second = tmp_path / "first.json", tmp_path / "second.json"
        preview = went_well(ground.stack.preview(first))
        assert _disagreements(preview, step) == []
        went_well(ground.stack.preview(second))
        assert differences(_plan_in(first), _plan_in(second)) == []
        assert _replaced(preview) <= {SECRET_VERSION}
        update = went_well(ground.stack.up())
        assert _replaced(update) <= {SECRET_VERSION}
        assert _lost(update) == []
        changed_nothing(ground.stack.preview())


def _plan_in(file: Path) -> Plan:
    """What a preview wrote, each secret for any other."""
    written = json.loads(file.read_text(encoding="utf-8"))
    return plan_of(written, dict.fromkeys(ciphertexts(written), ""))


def _steps(sizes: Sequence[str]) -> list[GrowthStep]:
    """As the command has them, for whoever grows a stack."""
    return [step for step, _runbook in between_sizes(sizes, STACK)]


def _disagreements(run: EngineRun, step: GrowthStep) -> list[ChangeBeside]:
    return [change for change in beside(run, step) if not change.agrees]


def _less_what_only_follows(update: EngineRun, step: GrowthStep) -> GrowthStep:
    """The step without what stayed after all: only values that follow something made anew would
    have changed it, and they came out as they were."""
    changed = {each.urn for each in update.changes}
    changes = tuple(
        each
        for each in step.changes
        if each.urn in changed or not all(one.change.follows for one in each.properties)
    )
    return replace(step, changes=changes)


def _replaced(run: EngineRun) -> set[str]:
    """Types of which some resource is made anew."""
    return {step.type for step in run.steps if step.operation in REPLACEMENT}


def _lost(run: EngineRun) -> list[str]:
    """What holds data and was made anew or deleted."""
    gone = (*REPLACEMENT, "delete")
    return [step.urn for step in run.changes if step.operation in gone and holds(step.type)]


def _fails_where_impossible(ground: RehearsedAlone, steps: Sequence[GrowthStep]) -> None:
    """The last of the steps down, after others that failed too. Nothing that holds data goes, even
    by an update without a preview."""
    kept = {
        each.urn
        for step in steps
        for each in step.changes
        if each.kind is Kind.DELETE and each.stateful
    }
    impossible = {each.urn for each in steps[-1].changes if each.kind is Kind.CANNOT}
    before = _urns(ground)
    preview = ground.stack.preview()
    # What others refuse to leave, as a bucket with its policy, is not even tried.
    refused = set(re.findall(r'resource "([^"]*)" cannot be deleted', preview.failure))
    assert refused
    assert refused <= kept
    assert _urns(ground) == before
    update = ground.stack.up()
    assert update.failure
    # The first that fails keeps the engine from those that it has not begun.
    failed = set(update.failed)
    assert failed
    assert failed <= impossible if impossible else failed == refused
    assert kept <= _urns(ground)


def _is_not_destroyed(ground: RehearsedAlone) -> None:
    before = _urns(ground)
    run = ground.stack.destroy()
    assert "because it is protected" in run.failure
    assert run.counts["delete"] == 0
    assert _urns(ground) == before


def _urns(ground: RehearsedAlone) -> set[str]:
    return {each.urn for each in ground.standing().resources}
