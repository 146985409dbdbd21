"""A stack's versions: the next Kubernetes, what to raise in which order, and all days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import typer

from rf.check.versions.online import Newer
from rf.check.versions.report import VersionsReport
from rf.shared.terminal import print_json
from scaleplan.versions.fitting import Misfit
from scaleplan.versions.order import Raise
from scaleplan.versions.support import OVERDUE_DAYS, WARNING_DAYS, SupportFinding


def show(report: VersionsReport, newer: Sequence[Newer] | None, *, as_json: bool) -> None:
    """Print what is known of a stack's versions, and what was answered where someone was asked."""
    if as_json:
        print_json(_document(report, newer), indent=2)
        return
    finding = report.kubernetes
    typer.echo(f"{report.settings.stack}: {finding} ({finding.running.pin.source})")
    if finding.due:
        typer.echo(f"{_urgency(finding)}: {_advice(report)}.")
    _section("Does not fit:", (_misfit(each) for each in report.misfits if each.binding))
    _section("Nobody has tried:", (_misfit(each) for each in report.misfits if not each.binding))
    _section(
        "Raise, in this order:",
        (f"{number}. {_raise(each)}" for number, each in enumerate(report.order, start=1)),
    )
    _section("Support, the earliest end first:", _support(report.support))
    if newer is not None:
        _section("Registries and account:", map(_newer, newer))


def _section(title: str, lines: Any) -> None:
    texts = list(lines)
    if texts:
        typer.echo(title)
        for text in texts:
            typer.echo(f"  {text}")


def _urgency(finding: SupportFinding) -> str:
    if finding.overdue:
        return f"Error, from {OVERDUE_DAYS} days on"
    return f"Warning, from {WARNING_DAYS} days on (an error from {OVERDUE_DAYS})"


def _advice(report: VersionsReport) -> str:
    if report.following is None:
        return "no later version is known"
    if report.held_by:
        charts = ", ".join(map(str, report.held_by))
        return f"{charts} holds {report.following} back; raise it first, in scaleplan/versions.yaml"
    return f"set kubernetesVersion to {report.following!r}"


def _misfit(misfit: Misfit) -> str:
    return f"{misfit}, not {misfit.neighbour.version} ({misfit.source})"


def _raise(each: Raise) -> str:
    to = f" to {each.to}" if each.to else ""
    return f"{each.running.pin.title} {each.running.version}{to} ({each.where}): {each.because}"


def _support(findings: Sequence[SupportFinding]) -> list[str]:
    dated = [each for each in findings if each.days_left is not None]
    lines = [
        f"{each}; then {each.running.pin.then}" if each.running.pin.then else str(each)
        for each in dated
    ]
    others = [each.running for each in findings if each.days_left is None]
    names = ", ".join(f"{each.pin.title} {each.version}" for each in others)
    return [*lines, f"no day is named for {names}"] if others else lines


def _newer(newer: Newer) -> str:
    what = f"{newer.running.pin.title} {newer.running.version}: {newer.newness}"
    newest = f", {newer.newest}" if newer.newest not in (None, newer.running.version) else ""
    return f"{what}{newest}{f' ({newer.says})' if newer.says else ''}"


def _document(report: VersionsReport, newer: Sequence[Newer] | None) -> dict[str, object]:
    finding = report.kubernetes
    document: dict[str, object] = {
        "kubernetesVersion": finding.running.version,
        "standardSupportEnds": _day(finding.ends),
        "source": finding.running.pin.source,
        "daysLeft": finding.days_left,
        "warningDays": WARNING_DAYS,
        "overdueDays": OVERDUE_DAYS,
        "upgradeDue": finding.due,
        "upgradeOverdue": finding.overdue,
        "nextVersion": None if report.held_by else report.following,
        "heldBack": report.following if report.held_by else None,
        "heldBackBy": [
            {
                "chart": each.pin.name,
                "version": each.version,
                "kubeVersion": each.pin.kube_version,
            }
            for each in report.held_by
        ],
        "passes": report.passes,
        "misfits": [_misfit_document(each) for each in report.misfits],
        "raise": [_raise_document(each) for each in report.order],
        "support": [_support_document(each) for each in report.support],
    }
    if newer is not None:
        document["online"] = [_newer_document(each) for each in newer]
    return document


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _misfit_document(misfit: Misfit) -> dict[str, object]:
    return {
        "name": misfit.whose.pin.name,
        "version": misfit.whose.version,
        "of": misfit.neighbour.pin.name,
        "ofVersion": misfit.neighbour.version,
        "admitted": misfit.admitted,
        "binding": misfit.binding,
        "source": misfit.source,
    }


def _raise_document(each: Raise) -> dict[str, object]:
    return {
        "name": each.running.pin.name,
        "version": each.running.version,
        "to": each.to,
        "where": each.where,
        "because": each.because,
        "daysLeft": each.finding.days_left,
    }


def _support_document(finding: SupportFinding) -> dict[str, object]:
    return {
        "name": finding.running.pin.name,
        "version": finding.running.version,
        "ends": _day(finding.ends),
        "daysLeft": finding.days_left,
        "due": finding.due,
        "overdue": finding.overdue,
        "source": finding.running.pin.source,
    }


def _newer_document(newer: Newer) -> dict[str, object]:
    return {
        "name": newer.running.pin.name,
        "version": newer.running.version,
        "verdict": newer.newness,
        "newest": newer.newest,
        "says": newer.says,
    }
