"""How long Pulumi waits for a Deployment."""

from __future__ import annotations

import pytest

from rendering.shared.rollouts import PULUMI_WAITS_SECONDS, wait_annotations


@pytest.mark.parametrize(
    ("pods", "at_once", "start_seconds", "grace_seconds"),
    [(20, 1, 120, 315), (3, 1, 120, 615), (20, 4, 120, 315), (1, 1, 600, 30)],
    ids=["one after another", "a long job", "in groups", "a long start"],
)
def test_what_may_take_longer_than_pulumi_waits_is_waited_for(
    pods: int, at_once: int, start_seconds: int, grace_seconds: int
):
    annotations = wait_annotations(
        pods=pods, at_once=at_once, start_seconds=start_seconds, grace_seconds=grace_seconds
    )
    if not annotations:
        assert max(pods // at_once * start_seconds, grace_seconds) < PULUMI_WAITS_SECONDS
    (seconds,) = map(int, annotations.values())
    assert seconds > grace_seconds
    assert seconds > pods / at_once * start_seconds


def test_what_is_quick_enough_says_nothing():
    few = wait_annotations(pods=4, at_once=1, start_seconds=120, grace_seconds=90)
    assert few == {}
