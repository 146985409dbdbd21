"""The policy pack in the engine says what `rf policy` says, and stops what breaks a rule."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policy.rules import BY_ID
from policy.rules.shared.report import policy_report
from rf.policy.stack import stack_of
from rf.rehearse.rehearse import Wanted, rehearse
from rf.rehearse.view import show
from rf.shared.engine import rehearsal as engine_rehearsal
from rf.shared.engine.rehearsal import RehearsedStack
from rf.shared.engine.runs import EngineRun
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import project_name, stack_config
from tests.conftest import Planned
from tests.engine.conftest import Standing

pytestmark = pytest.mark.engine

Said = set[tuple[str, str, str]]
"""Rule, level and URN."""


def in_engine(run: EngineRun) -> Said:
    return {(each.rule, each.level, each.urn) for each in run.violations}


def offline(plan: RecordedPlan, size: str, *, protects_data: bool) -> Said:
    """What `rf policy` says of a plan, were it of a stack of this size."""
    judged = replace(stack_of(plan, protects_data=protects_data), size=size)
    report = policy_report("dev", judged, (), datetime.now(UTC).date())
    return {(each.rule.id, str(each.rule.level), each.resource.urn) for each in report.violations}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Runs of dev, and previews by a pack that is told of another stack than dev is."""

    preview: EngineRun
    misled: EngineRun
    up: EngineRun
    misled_after: EngineRun


@pytest.fixture(scope="module")
def judged(standing: Standing, planned: Planned) -> Judged:
    with standing(planned("dev"), judged=True) as rehearsal:
        stack = rehearsal.stack("dev")
        stack.configure(project_name(), stack_config("dev"))
        return Judged(
            preview=stack.preview(),
            misled=misled_preview(stack),
            up=stack.up(),
            misled_after=misled_preview(stack),
        )


def misled_preview(stack: RehearsedStack) -> EngineRun:
    """By a pack that takes the stack for a large one whose data is protected: what the program
    makes then breaks many rules at once."""
    started: Callable[..., AbstractContextManager[Path]] = engine_rehearsal.policy_pack

    @contextlib.contextmanager
    def misled(*where: Path, config: dict[str, str], **options: Any) -> Iterator[Path]:
        project = project_name()
        told = config | {f"{project}:size": "large", f"{project}:protectData": "true"}
        with started(*where, config=told, **options) as program:
            yield program

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_rehearsal, "policy_pack", misled)
        return stack.preview()


def test_dev_breaks_no_rule_in_the_engine(judged: Judged) -> None:
    runs = (judged.preview, judged.up)
    assert [(run.failure, run.violations) for run in runs] == [("", ())] * 2


def test_what_the_engine_reports_is_what_rf_policy_reports(
    judged: Judged, planned: Planned
) -> None:
    """Before a deployment, where not all is known, and of what stands."""
    before = offline(planned("dev", unknowns=True), "large", protects_data=True)
    after = offline(planned("dev"), "large", protects_data=True)
    assert {BY_ID[rule].whole_stack for rule, _, _ in before} == {True, False}
    assert before < after
    assert in_engine(judged.misled) == before
    assert in_engine(judged.misled_after) == after
    assert (judged.misled.failure, judged.misled_after.failure) == ("preview failed",) * 2


def test_a_rehearsal_ends_where_a_mandatory_rule_is_broken() -> None:
    """dev's stack file says protectData: false, which no stack above small may."""
    result = rehearse(Wanted(stack="dev", size="medium"))
    assert not result.fine
    (preview,) = result.runs
    assert preview.run.kind == "preview"
    assert [each.rule for each in preview.run.violations] == ["data-protected-from-medium"]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        show(result, as_json=False)
    shown = output.getvalue()
    assert (
        "[mandatory]  data-protected-from-medium  (aws:rds/instance:Instance: database-primary)"
    ) in shown
    assert "Remedy: remove `protectData: false`" in shown
