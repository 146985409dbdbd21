"""The page says what the settings of the stacks give."""

from __future__ import annotations

from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import all_settings
from tools.reference.recovery import tables

PAGE = (PROJECT_ROOT / "docs" / "disaster-recovery.md").read_text(encoding="utf-8")


def test_the_page_has_the_objectives_and_steps_of_every_prepared_stack():
    found = tables(all_settings())
    assert {"Stacks", "Objectives of prod", "Steps of prod-eu"} <= set(found)
    for heading, text in found.items():
        assert f"### {heading}\n\n{text}" in PAGE, "run: python -m tools.reference.recovery"


def test_no_stack_is_over_its_own_targets():
    assert "| nothing |" in tables(all_settings())["Stacks"]
