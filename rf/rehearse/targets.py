"""What a rehearsal deploys, one over the other: the stack, a size of it, or a revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.shared.cluster.chart_pods import ADDON
from rf.shared.errors import InputError
from rf.shared.plan import References, no_such
from rf.shared.plan_document import PlanDocument, document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import WORKTREE, Checkout, RevisionError, checked_out, plans_at
from rf.shared.stacks import (
    ANY_CAPACITY,
    outputs_read_by,
    plan_of,
    project_name,
    references_of,
    stack_config,
)
from scaleplan.config.parsing import parse
from scaleplan.config.stack_file import read_stack
from scaleplan.settings import Settings
from scaleplan.sizes import Size


class UnknownTargetError(InputError):
    """What --from or --to names is neither a size nor a revision that Git knows."""


@dataclass(frozen=True, kw_only=True)
class RehearsalTarget:
    """A deployment: the folder of its program, the stack's config, its plan, and the outputs of
    other stacks that it reads."""

    name: str
    directory: Path
    config: Mapping[str, object]
    plan: PlanDocument
    references: References

    @property
    def settings(self) -> Settings:
        """What its config says, as the program here reads it. Raises InvalidSettings."""
        return parse(project_name(), self.plan.stack, self.config)

    @property
    def addons(self) -> tuple[Mapping[str, Any], ...]:
        """Inputs of each of EKS' add-ons."""
        return tuple(each.inputs for each in self.plan.resources.values() if each.type == ADDON)


@contextmanager
def targets_of(
    stack: str, names: Sequence[str], *, size: str | None = None, overrides: Sequence[str] = ()
) -> Iterator[tuple[RehearsalTarget, ...]]:
    """Each name's target, for as long as the context lasts; without names the stack as it is.

    A size is of the program here, and may not carry the stack's load, as for `rf grow`. Another
    revision has its own program and stack file; what these read of other stacks is as here.
    Raises InvalidSettings, UnknownTargetError and UnplannableError.
    """
    if not names:
        yield (_here(stack, size or stack, size, overrides),)
        return
    configs = {
        name: stack_config(stack, size=name, overrides=(ANY_CAPACITY, *overrides))
        for name in names
        if name in list(Size)
    }
    with ExitStack() as files:
        checkouts = {name: _checkout(name, files) for name in names if name not in configs}
        yield tuple(
            _here(stack, name, name, (ANY_CAPACITY, *overrides))
            if name in configs
            else _at(checkouts[name], stack, size, overrides)
            for name in names
        )


def _here(stack: str, name: str, size: str | None, overrides: Sequence[str]) -> RehearsalTarget:
    config = stack_config(stack, size=size, overrides=overrides)
    references = references_of(stack, config)
    return RehearsalTarget(
        name=name,
        directory=PROJECT_ROOT,
        config=config,
        plan=document_of(plan_of(stack, size=size, overrides=overrides)),
        references=references,
    )


def _checkout(name: str, files: ExitStack) -> Checkout:
    try:
        return files.enter_context(checked_out(name))
    except RevisionError as error:
        raise UnknownTargetError(no_such(f"{error}, nor is it a size", name, list(Size))) from None


def _at(
    checkout: Checkout, stack: str, size: str | None, overrides: Sequence[str]
) -> RehearsalTarget:
    if checkout.revision == WORKTREE:
        return _here(stack, WORKTREE, size, overrides)
    chosen = (*overrides, *([f"size={size}"] if size else ()))
    config = read_stack(checkout.directory, project_name(), stack, chosen)
    options = [part for override in chosen for part in ("--set", override)]
    return RehearsalTarget(
        name=checkout.revision,
        directory=checkout.directory,
        config=config,
        plan=plans_at([checkout], stack, options)[0].document(),
        references=outputs_read_by(stack, config),
    )
