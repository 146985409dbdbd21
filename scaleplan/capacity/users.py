"""The plan's own range: how many users each size is for."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings


def check_users(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Concurrent users against those of the size ("Resource Estimates by Scale"); large has no end.

    Whatever else fits: a size below has no second zone, no replica or no firewall.
    """
    del loss
    below = load_plan().estimates[settings.size].users.below_users
    limit = None if below is None else below - 1
    below_text = "no end" if below is None else f"the plan: below {below}"
    term = CapacityTerm(
        name="concurrent users",
        working=f"load {load.name}",
        value=load.concurrent_users,
        unit="users",
        limit=limit,
        limit_working=f"{settings.size}: {below_text}",
    )
    return CheckResult(name=CheckName.USERS, terms=(term,))
