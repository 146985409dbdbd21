"""The tables of docs/edge.md are those of the plan."""

from rf.shared.project import PROJECT_ROOT
from tools.reference.edge import STACK, behaviors_table, headers_table

PAGE = (PROJECT_ROOT / "docs" / "edge.md").read_text("utf-8")


def test_the_table_of_paths_is_the_plans_own(planned):
    assert behaviors_table(planned(STACK)) in PAGE, "run: python -m tools.reference.edge"


def test_the_table_of_headers_is_the_plans_own(planned):
    assert headers_table(planned(STACK)) in PAGE, "run: python -m tools.reference.edge"


def test_every_stack_serves_the_same_paths(planned):
    tables = {
        behaviors_table(planned(stack)) for stack in ("dev", "prod", "prod-us-west", "prod-eu")
    }
    assert len(tables) == 1
