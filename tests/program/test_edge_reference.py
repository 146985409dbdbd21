"""The tables of docs/edge.md are those of the plan."""

from rf.edge_reference import STACK, behaviors_table, headers_table
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "edge.md").read_text("utf-8")


def test_the_table_of_paths_is_the_plans_own(planned):
    assert behaviors_table(planned(STACK)) in PAGE, "run: python -m rf.edge_reference"


def test_the_table_of_headers_is_the_plans_own(planned):
    assert headers_table(planned(STACK)) in PAGE, "run: python -m rf.edge_reference"


def test_every_stack_serves_the_same_paths(planned):
    tables = {
        behaviors_table(planned(stack)) for stack in ("dev", "prod", "prod-us-west", "prod-eu")
    }
    assert len(tables) == 1
