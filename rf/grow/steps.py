"""Steps of a stack: from one size to the next, or from one revision to another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rf.grow.chart_facts import read_facts
from rf.grow.classify import GrowthStep, step_between
from rf.grow.runbook import Runbook, runbook_of
from rf.shared.plan_document import document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import checked_out, plans_at
from rf.shared.stacks import ANY_CAPACITY, plan_of
from rf.shared.unchanged import unchanged_stacks
from scaleplan.config.mistakes import InvalidSettings, Mistake, unknown_choice
from scaleplan.sizes import Size

Steps = Sequence[tuple[GrowthStep, Runbook | None]]
"""Each step with its runbook; a step down has none."""


def between_sizes(sizes: Sequence[str], stack: str, *, overrides: Sequence[str] = ()) -> Steps:
    """The steps from each size to the next.

    A size that does not carry the stack's load is compared all the same: `rf check` judges that.
    Raises InvalidSettings for fewer than two sizes, or a wrong one.
    """
    chosen = _sizes(sizes)
    plans = {
        size: document_of(plan_of(stack, size=size, overrides=(ANY_CAPACITY, *overrides)))
        for size in dict.fromkeys(chosen)
    }
    facts = read_facts(PROJECT_ROOT)
    steps: list[tuple[GrowthStep, Runbook | None]] = []
    for before, after in pairwise(chosen):
        step = step_between(
            plans[before], plans[after], names=(before, after), facts=(facts, facts)
        )
        upwards = list(Size).index(after) > list(Size).index(before)
        steps.append((step, runbook_of(step, stack, (before, after)) if upwards else None))
    return steps


def between_revisions(base: str, head: str, stack: str, *, overrides: Sequence[str] = ()) -> Steps:
    """The one step from a revision to another. Nothing is planned where their files for the stack
    are the same.

    Raises RevisionError for an unknown revision, UnplannableError where one has no plan.
    """
    options = [part for override in overrides for part in ("--set", override)]
    with checked_out(base) as before, checked_out(head) as after:
        if stack in unchanged_stacks(before, after):
            step = GrowthStep(before=base, after=head, changes=(), findings=())
            return [(step, runbook_of(step, stack))]
        plans = plans_at([before, after], stack, options)
        facts = read_facts(before.directory), read_facts(after.directory)
    old, new = (plan.document() for plan in plans)
    step = step_between(old, new, names=(base, head), facts=facts)
    return [(step, runbook_of(step, stack))]


def _sizes(sizes: Sequence[str]) -> list[Size]:
    known = list(Size)
    wrong = [size for size in sizes if size not in known]
    mistakes = [unknown_choice("sizes", size, known) for size in wrong]
    if not wrong and len(sizes) < 2:
        allowed = "two sizes or more, as small medium large; or --base REVISION"
        mistakes = [Mistake(key="sizes", value=" ".join(sizes) or "(none)", allowed=allowed)]
    if mistakes:
        raise InvalidSettings(mistakes)
    return [Size(size) for size in sizes]
