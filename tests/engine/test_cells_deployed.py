"""Cells, which read what their home exports, are deployed whole."""

from __future__ import annotations

import pytest

from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import changed_nothing, rehearsed, types_of, went_well

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("cell", ["prod-us-west", "prod-eu"])
def test_a_cell_that_was_just_deployed_needs_no_change(
    cell: str, planned: Planned, standing: Standing
) -> None:
    with rehearsed(standing, cell, planned(cell)) as ground:
        ground.configure()
        went_well(ground.stack.up())
        changed_nothing(ground.stack.preview())
        assert types_of(ground.standing()) == types_of(planned(cell))
        assert ground.differences() == []
