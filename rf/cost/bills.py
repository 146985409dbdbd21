"""Bills of stacks: one under a load, beside the recorded plan, or by the name that --diff gives."""

from __future__ import annotations

from collections.abc import Sequence

from rf.cost.coverage import Coverage, coverage_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import plan_of, settings_of
from scaleplan.config.mistakes import InvalidSettings, Mistake, unknown_choice
from scaleplan.config.stack_file import stack_names
from scaleplan.cost.bill import Estimate
from scaleplan.cost.month import estimate
from scaleplan.load import load_named
from scaleplan.model import load_plan
from scaleplan.sizes import Size


def bill_of(
    stack: str,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    load: str | None = None,
) -> Estimate:
    """A stack's bill under a load of its own or the one named.

    Raises InvalidSettings for an unknown stack, load or size, or wrong settings.
    """
    settings = settings_of(stack, size=size, overrides=overrides)
    return estimate(settings, load_named(load, settings.load, load_plan(), settings.size))


def billed(
    stack: str,
    *,
    size: str | None,
    overrides: Sequence[str],
    load: str | None,
    compared: bool,
) -> tuple[Estimate, Coverage | None]:
    """A stack's bill and, where `compared`, how it covers the plan that the program makes."""
    bill = bill_of(stack, size=size, overrides=overrides, load=load)
    if not compared:
        return bill, None
    return bill, coverage_of(plan_of(stack, size=size, overrides=overrides), bill)


def bill_named(
    name: str, stack: str | None, *, overrides: Sequence[str], load: str | None
) -> Estimate:
    """The bill of the stack of that name, or of `stack` at the size of that name.

    Raises InvalidSettings for a name of neither, and as `bill_of` does.
    """
    stacks = stack_names(PROJECT_ROOT)
    if name in list(Size):
        if stack is None:
            allowed = f"--stack beside a size: one of {', '.join(stacks)}"
            raise InvalidSettings([Mistake(key="--diff", value=name, allowed=allowed)])
        return bill_of(stack, size=name, overrides=overrides, load=load)
    if name not in stacks:
        choices = [*stacks, *(str(size) for size in Size)]
        raise InvalidSettings([unknown_choice("--diff", name, choices)])
    return bill_of(name, overrides=overrides, load=load)
