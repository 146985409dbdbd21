"""The change that a failing check is answered with was tried, and is the smallest."""

import pytest

from scaleplan.capacity.checks import capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.fixes import passing_size, repair, smallest_fix
from scaleplan.capacity.leaves import leaves, value_at
from scaleplan.capacity.result import CheckName, Loss
from scaleplan.load import load_named
from scaleplan.model import load_plan
from tests.stack_config import accepted

PLAN = load_plan()
LARGE = {"size": "large", "sharding": {"stage": "serving", "freshInstall": True}}


def failing_report(loss=None, under=None, **changes):
    settings = accepted(**changes)
    load = load_named(under, settings.load, PLAN, settings.size)
    found = capacity_report(settings, load, loss)
    assert not found.passes
    return found, Evaluator(load)


def test_too_few_clients_are_mended_by_exactly_as_many_as_are_needed():
    found, evaluator = failing_report(**LARGE, pgbouncer={"maxClientConnections": 500})
    fix = smallest_fix(found, evaluator)
    assert fix is not None
    assert (fix.key, fix.old, fix.new) == ("pgbouncer.maxClientConnections", 500, 2043)
    assert capacity_report(fix.settings, found.load).passes
    one_less = accepted(**LARGE, pgbouncer={"maxClientConnections": fix.new - 1})
    assert not capacity_report(one_less, found.load).passes


def test_a_lost_primary_is_mended_by_a_standby():
    found, evaluator = failing_report(Loss.PRIMARY)
    fix = smallest_fix(found, evaluator)
    assert fix is not None
    assert str(fix) == "database.multiAz: true (now false)"
    assert fix.extra_cost > 0


def test_a_fix_never_makes_another_check_fail():
    room = {"maxClientConnections": 3200}
    found, evaluator = failing_report(**LARGE, under="2x", pgbouncer=room)
    fix = smallest_fix(found, evaluator)
    assert fix is not None
    assert (fix.key, fix.new) == ("worker.maxReplicas", 40)
    after = capacity_report(fix.settings, found.load)
    assert after.result(CheckName.QUEUE).passes
    assert after.passes


def test_where_several_settings_are_needed_their_sequence_passes_every_check():
    found, evaluator = failing_report(**LARGE, under="2x")
    assert smallest_fix(found, evaluator) is None, "more workers need more clients of PgBouncer"
    steps = repair(found, evaluator)
    assert len(steps) > 1
    assert capacity_report(steps[-1].settings, found.load).passes


def test_a_load_for_another_size_is_answered_with_that_size():
    found, _ = failing_report(under="12-months")
    assert passing_size(found) == "large"


def test_what_passes_needs_no_fix():
    settings = accepted()
    load = load_named(None, settings.load, PLAN, settings.size)
    found = capacity_report(settings, load)
    assert smallest_fix(found, Evaluator(load)) is None
    assert repair(found, Evaluator(load)) == ()


def test_classes_switches_and_numbers_of_every_section_are_tried():
    keys = {leaf.key for leaf in leaves()}
    assert {
        "database.instanceClass",
        "database.multiAz",
        "cache.nodeClass",
        "worker.maxReplicas",
        "nodes.system.minNodes",
    } <= keys
    settings = accepted()
    for leaf in leaves():
        assert value_at(settings, leaf) is not None


@pytest.mark.parametrize("bad", ["database.backupRetentionDays", "worker.minReplicas"])
def test_settings_that_no_check_reads_are_not_tried(bad):
    assert bad not in {leaf.key for leaf in leaves()}
