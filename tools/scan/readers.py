"""Reading what each scanner prints. The forms are those of the versions that `.ci/scan` pins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from tools.scan.finding import Finding


def read_checkov(text: str) -> Iterator[Finding]:
    """`checkov --output json`: one report, or a list of them where there are several kinds."""
    reports = json.loads(text)
    for report in reports if isinstance(reports, list) else [reports]:
        for each in report["results"]["failed_checks"]:
            # A pod that an object makes is named after its file's first line besides.
            yield Finding(
                tool="checkov",
                check=each["check_id"],
                resource=each["resource"],
                message=each["check_name"],
            )


def read_kubeconform(text: str) -> Iterator[Finding]:
    """`kubeconform -output json`, which lists what isn't valid, and what has no schema."""
    for each in json.loads(text)["resources"] or ():
        if each["status"] not in ("statusValid", "statusSkipped"):
            yield Finding(
                tool="kubeconform",
                check=each["status"],
                resource=f"{each['kind']}.{each['name']}",
                message=each["msg"],
            )


def read_parliament(text: str) -> Iterator[Finding]:
    """`parliament --json`: a line a finding, of files that are named STACK.TYPE.NAME.json."""
    for line in text.splitlines():
        each = json.loads(line)
        _stack, _, name = PurePath(each["location"]["filepath"]).stem.partition(".")
        yield Finding(
            tool="parliament",
            check=each["issue"],
            resource=name,
            message=f"{each['title']}: {each['detail']}",
        )


def read_cloudsplaining(text: str) -> Iterator[Finding]:
    """`iam-results-….json` of `cloudsplaining scan`: kinds of risk by policy."""
    for policy in json.loads(text)["inline_policies"].values():
        for risk, found in policy.items():
            if isinstance(found, Mapping) and found.get("findings"):
                yield Finding(
                    tool="cloudsplaining",
                    check=risk,
                    resource=policy["PolicyName"],
                    message=_brief(found["findings"]),
                )


def read_bandit(text: str) -> Iterator[Finding]:
    """`bandit --format json`. Raises ValueError where it could not read a file."""
    report = json.loads(text)
    if report["errors"]:
        raise ValueError(f"bandit: {report['errors']}")
    for each in report["results"]:
        yield Finding(
            tool="bandit",
            check=each["test_id"],
            resource=each["filename"].removeprefix("./"),
            message=f"line {each['line_number']}: {each['issue_text']}",
        )


def read_gitleaks(text: str) -> Iterator[Finding]:
    """`gitleaks git --report-format json`; the secrets themselves are redacted."""
    for each in json.loads(text):
        yield Finding(
            tool="gitleaks",
            check=each["RuleID"],
            resource=each["File"],
            message=f"{each['Commit'][:12]}, line {each['StartLine']}",
        )


def _brief(value: Any, length: int = 200) -> str:
    text = json.dumps(value)
    return text if len(text) <= length else f"{text[:length]}…"
