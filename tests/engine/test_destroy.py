"""The end of a stack: what is thrown away leaves nothing, what is protected stays whole."""

from __future__ import annotations

import pytest

from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import rehearsed, went_well

pytestmark = pytest.mark.engine


def test_a_destroyed_stack_leaves_nothing(planned: Planned, standing: Standing) -> None:
    with rehearsed(standing, "dev", planned("dev")) as ground:
        ground.configure()
        went_well(ground.stack.up())
        deployed = ground.standing()
        assert ground.differences() == []
        went_well(ground.stack.destroy())
        assert ground.standing().resources == ()
        assert ground.leftovers(deployed) == []
        assert ground.objects() == ground.namespaces_of_releases(deployed)


def test_a_protected_stack_is_not_destroyed(planned: Planned, standing: Standing) -> None:
    with rehearsed(standing, "prod", planned("prod", size="small")) as ground:
        ground.configure("small")
        went_well(ground.stack.up())
        before = ground.standing()
        run = ground.stack.destroy()
        assert "it is protected" in run.failure
        assert run.counts["delete"] == 0
        assert ground.standing() == before
        assert ground.differences() == []
