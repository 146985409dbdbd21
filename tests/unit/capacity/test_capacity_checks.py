"""What each check says of the sizes, of known outages, and of what is lost."""

from typing import Any

import pytest

from rf.shared.project import PROJECT_ROOT
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.result import CapacityTerm, CheckName, Loss
from scaleplan.catalog import load_catalog
from scaleplan.database.connection_chain import (
    DIRECT_CONNECTIONS,
    RESERVED_CONNECTIONS,
    connection_chain,
    max_connections,
)
from scaleplan.load import Horizon, load_named
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import Size
from tests.stack_config import accepted

PLAN = load_plan()
SERVING = {"stage": "serving", "freshInstall": True}


def settings_at(size: str, **changes: Any) -> Settings:
    own = {"sharding": SERVING} if size == "large" else {}
    return accepted(size=size, **(own | changes))


def report(
    size: str, loss: Loss | None = None, *, under: str | None = None, **changes: Any
) -> CapacityReport:
    settings = settings_at(size, **changes)
    return capacity_report(settings, load_named(under, settings.load, PLAN, settings.size), loss)


def failing(found: CapacityReport) -> set[str]:
    return {str(result.name) for result in found.failures}


@pytest.mark.parametrize("size", list(Size))
def test_each_size_carries_its_own_projection_of_the_plan(size):
    found = report(size)
    assert failing(found) == set()
    assert found.load.name == str(
        {"small": Horizon.CURRENT, "medium": Horizon.SIX_MONTHS, "large": Horizon.TWELVE_MONTHS}[
            size
        ]
    )


def test_a_size_does_not_carry_what_the_plan_gives_to_a_larger_one():
    assert {"users", "requests", "queue"} <= failing(report("small", under="12-months"))
    assert {"users", "queue"} == failing(report("medium", under="12-months"))
    assert {"queue"} == failing(report("large", under="2x"))


@pytest.mark.parametrize("loss", list(Loss))
@pytest.mark.parametrize("size", ["medium", "large"])
def test_from_medium_up_every_loss_is_borne(size, loss):
    assert failing(report(size, loss)) == set()


def test_small_bears_a_lost_pooler_but_has_one_database_as_the_plan_says():
    assert failing(report("small", Loss.POOLER)) == set()
    primary = report("small", Loss.PRIMARY)
    assert failing(primary) == {"failover"}
    assert primary.fault is not None
    assert primary.fault[1].name == "lost: RDS primary"
    zone = report("small", Loss.AZ)
    # Of three nodes two are left, too few for every pod's rollout at once until the third is back.
    assert failing(zone) == {"failover", "nodes"}


def test_six_poolers_of_1500_against_5000_connections_fail_on_that_term():
    # The outage of a platform that had added up nobody's pools: 9,000 and more against 5,000.
    found = report(
        "large",
        sharding={},
        database={"instanceClass": "db.r7g.2xlarge"},
        pgbouncer={"replicas": 6, "defaultPoolSize": 1000, "reservePoolSize": 500},
    )
    assert found.fault is not None
    result, term = found.fault
    assert (result.name, term.name) == (CheckName.CONNECTIONS, "connections to the primary")
    of_temporal = found.settings.workflows.connections(ROLLOUT_SURGE_PODS)
    assert term.value == 3 * 2 * 6 * 1500 + of_temporal
    assert term.limit == 5000 - DIRECT_CONNECTIONS
    assert term.margin == 5000 - DIRECT_CONNECTIONS - 54_000 - of_temporal


def test_classes_are_budgeted_as_measured_and_less_a_stated_reserve():
    catalog = load_catalog()
    for measured in catalog.measured_connections:
        assert max_connections(measured.memory_gib) <= measured.max_connections
    chains = {
        name: connection_chain(
            settings_at("medium", database={"instanceClass": name}), PLAN.pools, serving=False
        )
        for name in ("db.m7g.large", "db.r7g.2xlarge")
    }
    assert chains["db.m7g.large"].max_connections <= 832
    assert chains["db.r7g.2xlarge"].max_connections <= 5000
    assert chains["db.r7g.2xlarge"].usable_connections == 5000 - sum(RESERVED_CONNECTIONS.values())


def test_every_database_and_compute_class_says_what_its_volumes_give():
    catalog = load_catalog()
    for entry in catalog.classes:
        if entry.kind != "cache":
            assert catalog.ebs_link(entry.name).iops > 0


def test_a_lost_pooler_leaves_its_clients_to_the_others():
    two = term_of(report("small", Loss.POOLER), CheckName.CONNECTIONS, "clients of a pooler")
    assert two.value == 840 + 1
    one = report("small", Loss.POOLER, pgbouncer={"replicas": 1, "maxClientConnections": 2000})
    assert {"connections", "failover"} <= failing(one)


def test_a_lost_zone_takes_a_third_of_the_workers_until_they_run_elsewhere():
    found = report("large", Loss.AZ).result(CheckName.QUEUE)
    piled = found.term("jobs that pile up until the zone is replaced")
    # 20 workers less 7; 16.67 are busy, so 3.67 jobs a duration pile up for 50 + 300 + 65 + 30 s.
    assert piled.value == pytest.approx((2000 / 3600 * 30 - 13) / 30 * 445)
    without = report("large").result(CheckName.QUEUE)
    drained = "time until the critical depth is gone"
    assert found.term(drained).value > without.term(drained).value


def test_jobs_longer_than_the_report_says_fail_and_shorter_ones_pass():
    longest = report("large").result(CheckName.QUEUE).term("longest job duration that passes")
    for seconds, verdict in ((longest.value * 0.999, True), (longest.value * 1.001, False)):
        changed = report("large", load={"assumptions": {"jobSeconds": seconds}})
        utilization = changed.result(CheckName.QUEUE).term("utilization at the maximum")
        assert utilization.passes is verdict


def test_reads_move_to_replicas_and_come_back_when_one_is_lost():
    both = term_of(report("medium"), CheckName.DATABASE_IO, "reads of storage")
    one = term_of(report("medium", Loss.REPLICA), CheckName.DATABASE_IO, "reads of storage")
    assert one.value == 2 * both.value


def test_jobs_carried_by_rabbitmq_leave_redis_its_sessions():
    found = report("large", queue={"engine": "rabbitmq"}).result(CheckName.QUEUE_MEMORY)
    sessions = found.term("memory of sessions").value
    assert found.term("memory of the queue's Redis").value == sessions
    assert found.term("memory of jobs").limit == 8 * 1024 * 0.4


@pytest.mark.parametrize(
    "busy",
    [
        {"projections": {"requestsPerSecond": {"sixMonths": 60}}},
        {"assumptions": {"usersPerAddress": 150}},
        {"assumptions": {"peakFactor": 4}},
    ],
    ids=["requests", "users", "peak"],
)
def test_a_firewall_that_would_stop_a_full_site_is_named(busy):
    assert report("medium").result(CheckName.EDGE).fault is None
    fault = report("medium", load=busy).result(CheckName.EDGE).fault
    assert fault is not None
    assert fault.name == "requests of one address in five minutes"


def test_small_has_no_firewall_to_check():
    names = [term.name for term in report("small").result(CheckName.EDGE).terms]
    assert not any("address" in name for name in names)


def test_both_databases_must_hold_the_data_while_one_is_filled():
    found = report("medium", sharding={"stage": "parallel"}).result(CheckName.DATABASE_STORAGE)
    assert len(found.terms) == 4


@pytest.mark.parametrize(
    "path", sorted(PROJECT_ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name
)
def test_every_stack_carries_its_own_load(path):
    from rf.check.capacity import report_of

    stack = path.name.split(".")[1]
    found = report_of(stack, size=None, overrides=(), load=None, lose=None)
    assert failing(found) == set()


def term_of(found: CapacityReport, check: CheckName, begins: str) -> CapacityTerm:
    return next(term for term in found.result(check).terms if term.name.startswith(begins))
