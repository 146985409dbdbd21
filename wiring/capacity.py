"""The proof before the first resource: the stack carries its load, or nothing is deployed."""

from __future__ import annotations

import pulumi

from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.fixes import mending
from scaleplan.capacity.summary import CapacityRisk, fault_line, fix_line, summary
from scaleplan.load import load_at
from scaleplan.model import Plan
from scaleplan.settings import Settings


def prove(settings: Settings, plan: Plan) -> None:
    """Print how the stack carries its own load, before anything is registered.

    Raises pulumi.RunError, which stops preview and up, where a check fails that
    `allowCapacityRisk` doesn't name. One that it names is a warning.
    """
    if settings.disaster_recovery.standby:
        pulumi.log.info("a recovery site that waits serves nobody: nothing to prove")
        return
    report = capacity_report(settings, load_at(settings.load, plan, settings.size))
    pulumi.log.info("\n".join(summary(report)))
    refused = report.unaccepted(settings.allow_capacity_risk)
    for result in report.failures:
        if result not in refused and result.fault is not None:
            pulumi.log.warn(f"accepted by allowCapacityRisk: {fault_line(result, result.fault)}")
    if refused:
        names = [str(result.name) for result in refused]
        raise pulumi.RunError(_refusal(report, names)) from CapacityRisk(", ".join(names))


def _refusal(report: CapacityReport, names: list[str]) -> str:
    lines = [
        fault_line(result, result.fault)
        for result in report.failures
        if result.fault is not None and result.name in names
    ]
    accepted = ", ".join(names)
    return "\n".join(
        [
            "the stack does not carry its load:",
            *(f"  {line}" for line in lines),
            f"  {fix_line(mending(report))}",
            f"  or accept it by name: allowCapacityRisk: [{accepted}]",
        ]
    )
