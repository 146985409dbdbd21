"""What makes a second preview another than the one that was approved, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.approval.__main__ import main
from tools.approval.plan import Plan, differences, plan_of

URN = "urn:pulumi:prod::researchflow::researchflow:a:B$aws:iam/role:Role::reader"


def planned(goal: Mapping[str, Any], *steps: str, **changed: Any) -> Plan:
    whole = {"name": "reader", "inputDiff": changed, **goal}
    resources = {URN: {"goal": whole, "steps": [*steps], "seed": "drawn anew"}}
    return plan_of({"resourcePlans": resources}, {})


def test_a_name_that_the_engine_makes_up_is_another_in_each_preview():
    first = planned({}, "create", adds={"name": "reader-0a1b2c3", "path": "/"})
    assert (
        differences(first, planned({}, "create", adds={"name": "reader-f9e8d7c", "path": "/"}))
        == []
    )
    other = planned({}, "create", adds={"name": "writer-f9e8d7c", "path": "/"})
    assert differences(first, other) == ["aws:iam/role:Role reader: create with another name"]


def test_the_order_of_what_a_resource_waits_for_is_none():
    def waiting(*urns: str) -> Plan:
        return planned(
            {"dependencies": [*urns], "propertyDependencies": {"policy": [*urns]}}, "create"
        )

    assert differences(waiting("a", "b"), waiting("b", "a")) == []
    assert differences(waiting("a", "b"), waiting("a")) == [
        "aws:iam/role:Role reader: create with another options"
    ]


@pytest.mark.parametrize(
    ("approved", "now", "said"),
    [
        (planned({}, "update", updates={"tags": 1}), {}, "update is planned no more"),
        ({}, planned({}, "delete"), "delete was not planned"),
        (
            planned({}, "update", updates={"path": "/"}),
            planned({}, "create-replacement", "replace", updates={"path": "/"}),
            "create-replacement, replace where update was approved",
        ),
        (
            planned({}, "update", updates={"path": "/", "tags": {"a": "b"}}),
            planned({}, "update", updates={"path": "/"}, deletes=["tags"]),
            "update with another tags",
        ),
        (
            planned({"protect": True}, "same"),
            planned({"protect": False}, "same"),
            "same with another options",
        ),
    ],
)
def test_each_difference_is_told_without_its_value(approved: Plan, now: Plan, said: str):
    assert differences(approved, now) == [f"aws:iam/role:Role reader: {said}"]


def test_an_approval_that_is_gone_leads_to_a_new_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["--stack", "prod", "--commit", "abc", "--plan", "none"]
    assert main(["compare", *words, "--with", str(tmp_path / "approval.yaml")]) == 1
    said = capsys.readouterr().err
    assert "the approved plan is gone" in said
    assert "Re-run all jobs" in said


def test_pulumis_own_words_are_shown(tmp_path: Path, capsys, monkeypatch):
    """As where the role may not decrypt."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "Pulumi.prod.yaml").write_text("secretsprovider: awskms://alias/state\n")
    (tmp_path / "plan.json").write_text('{"resourcePlans": {}}')
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho AccessDenied >&2\nexit 255\n")
    pulumi.chmod(0o700)
    words = ["--stack", "prod", "--commit", "abc", "--plan", "plan.json"]
    assert main(["keep", *words, "--to", "approval.yaml"]) == 1
    assert capsys.readouterr().err == "pulumi stack export: AccessDenied\n"
