"""A month's bill: a hand-worked one to the cent, what has no price, bounds, users, differences."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scaleplan.cost.bill import compare
from scaleplan.cost.month import estimate
from scaleplan.cost.prices import load_prices, read_prices
from tests.commands.cost.cost_cases import a_load, hand_worked_book
from tests.stack_config import accepted

CENT = Decimal("0.01")

# The small size under the plan's present load, each line by hand: 730 hours, GB of 2^30 bytes;
# 10 requests a second are 26,280,000 a month, 100 jobs an hour 73,000, 50 users load 36,500 pages.
HAND_WORKED = {
    ("network", "NAT gateways"): "32.85",  # 1 x 0.045 x 730
    ("network", "NAT traffic"): "15.30",  # 73,000 x 5 MB = 339.93 GB x 0.045
    ("network", "public addresses"): "3.65",  # 1 x 0.005 x 730
    ("network", "interface endpoints"): "58.40",  # 8 services x 1 zone x 0.01 x 730
    ("network", "endpoint traffic"): "0.04",  # 4 nodes x 1 GB x 0.01
    ("network", "traffic between zones"): "26.11",  # 489.51 GB x 4 x 2/3, both sides x 0.01
    ("encryption", "keys"): "3.00",  # 3 x 1.00
    ("encryption", "key requests"): "0.07",  # 2,190,000 / 100 x 3.00 a million
    ("encryption", "secrets"): "2.00",  # 5 x 0.40
    ("registry", "images"): "2.00",  # 20 GB x 0.10
    ("artifacts", "objects"): "0.21",  # 10e9 bytes = 9.31 GB x 0.023
    ("artifacts", "writes"): "3.65",  # 730,000 x 5.00 a million
    ("artifacts", "reads"): "0.58",  # 1,460,000 x 0.40 a million
    ("logs", "ingestion"): "17.24",  # (10 + 24.475 GB) x 0.50
    ("logs", "kept logs"): "0.62",  # 34.475 GB x 3 / 5 x 0.03
    ("cluster", "control plane"): "73.00",  # 0.10 x 730
    ("cluster", "system nodes"): "476.54",  # 4 x 0.1632 x 730
    ("cluster", "system nodes' disks"): "16.00",  # 4 x 50 GiB x 0.08
    ("database", "primary"): "94.17",  # 0.129 x 730
    ("database", "primary's storage"): "11.50",  # 100 GiB x 0.115
    ("database", "backups"): "0.00",  # 9.31 GB x 1.14 is less than the free 100 GiB
    ("database", "enhanced monitoring"): "0.50",  # 1 GB x 0.50
    ("cache", "nodes"): "23.36",  # 0.032 x 730
    ("queue", "nodes"): "23.36",  # 0.032 x 730
    ("queue", "snapshots"): "0.17",  # 1.37 GiB / 4 x 6 days x 0.085
    ("ingress", "load balancer"): "16.43",  # 0.0225 x 730 = 16.425
    ("ingress", "load balancer's capacity"): "3.92",  # 0.6706 GB an hour x 0.008 x 730
    ("edge", "data out"): "50.28",  # (489.51 + 101.98) GB x 0.085
    ("edge", "requests"): "27.01",  # 26,280,000 + 36,500 x 20 = 27.01 million
    ("edge", "function"): "0.07",  # 0.73 million x 0.10
    ("observability", "volumes"): "2.16",  # (20 + 2 + 5 GiB) x 0.08
    ("observability", "alarms"): "0.70",  # (2 Redis nodes + storage + credits + 3) x 0.10
    ("audit", "data events"): "2.19",  # 2,190,000 requests of the bucket x 1.00 a million
}


def to_the_cent(value: Decimal) -> str:
    return str(value.quantize(CENT, rounding=ROUND_HALF_UP))


def test_a_bill_worked_out_by_hand_is_met_to_the_cent():
    bill = estimate(accepted(), a_load(), hand_worked_book())
    found = {
        (line.item.layer, line.item.resource): to_the_cent(line.monthly.at_load)
        for line in bill.lines
    }
    assert found == HAND_WORKED
    assert to_the_cent(bill.total.at_load) == "987.07"
    assert to_the_cent(bill.total.low) == "987.07"
    # A fifth node with its disk and its GB to the endpoints, and 300 GiB of storage more.
    assert to_the_cent(bill.total.high) == to_the_cent(
        Decimal("987.0746") + Decimal("119.136") + 4 + Decimal("0.01") + Decimal("34.5")
    )
    assert not bill.unpriced
    assert bill.per_user is not None
    assert to_the_cent(bill.per_user.at_load) == "19.74"


def test_what_has_no_price_is_listed_and_in_no_sum():
    whole = estimate(accepted(), a_load(), hand_worked_book())
    lacking = estimate(accepted(), a_load(), hand_worked_book(without="rds:db.t4g.large"))
    assert [(item.layer, item.key) for item in lacking.unpriced] == [
        ("database", "rds:db.t4g.large")
    ]
    assert whole.total.low - lacking.total.low == Decimal("0.129") * 730


def test_a_price_of_another_region_is_marked_as_borrowed():
    changes: dict[str, Any] = {
        "region": "eu-west-1",
        "availabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    }
    bill = estimate(accepted(**changes), a_load(), hand_worked_book())
    assert len(bill.borrowed) == len(bill.lines)
    assert not estimate(accepted(), a_load(), hand_worked_book()).borrowed


def test_a_commitment_covers_the_part_that_always_runs():
    bill = estimate(accepted(), a_load(), hand_worked_book())
    (database,) = bill.commitments(hand_worked_book())
    assert to_the_cent(database.on_demand) == "94.17"  # the instance, not its storage
    assert to_the_cent(database.saving) == "28.25"


def test_a_second_copy_shows_with_its_alarm_and_nothing_else():
    before = estimate(accepted(), a_load(), hand_worked_book())
    after = estimate(accepted(queue={"nodes": 2}), a_load(), hand_worked_book())
    changes = {
        (each.layer, each.resource): to_the_cent(each.change.at_load)
        for each in compare(before, after)
    }
    assert changes == {("queue", "nodes"): "23.36", ("observability", "alarms"): "0.10"}


def test_karpenter_buys_a_machine_for_each_pod_of_a_workload():
    sized = accepted(size="medium", domain="example.com", worker={"maxReplicas": 7})
    bill = estimate(sized, a_load(), load_prices())
    nodes = {
        line.item.resource: line.item.quantity
        for line in bill.lines
        if line.item.layer == "applications" and line.item.key.startswith("ec2:")
    }
    assert (nodes["workers nodes"].low, nodes["workers nodes"].high) == (5, 7)
    # Orchestrators, of which there are most, share their machines with the other two.
    assert (nodes["applications nodes"].low, nodes["applications nodes"].high) == (3, 5)


def test_temporals_pods_need_machines_of_their_own_or_larger_ones():
    def machines(**changes: Any) -> dict[str, tuple[Any, ...]]:
        sized = accepted(size="large", domain="example.com", **changes)
        return {
            f"{line.item.resource} {line.item.key}": (line.item.quantity.low, line.item.basis)
            for line in estimate(sized, a_load(), load_prices()).lines
            if line.item.layer == "applications" and line.item.key.startswith("ec2:")
        }

    without, there = machines(workflows={"enabled": False}), machines()
    assert without != there
    assert all("temporal" not in basis for _count, basis in without.values())
    named = " ".join(basis for _count, basis in there.values())
    for pod in ("temporal-frontend", "temporal-history", "temporal-matching", "workflow-worker"):
        assert pod in named
    # More of its pods than of any application take more machines, however many users there are.
    history = {"replicas": 12, "memoryMib": 2048, "cpuMillicores": 1000}
    more = machines(workflows={"history": history})
    assert sum(count for count, _ in more.values()) > sum(count for count, _ in there.values())


def test_citus_pays_for_what_its_volumes_have_above_gp3s_own():
    sized = accepted(
        size="large", domain="example.com", sharding={"stage": "serving", "freshInstall": True}
    )
    bill = estimate(sized, a_load(), load_prices())
    lines = {line.item.resource: line for line in bill.lines if line.item.layer == "citus"}
    # Eight volumes of 4,000 operations, 3,000 free, at 0.005; 170 MiB/s, 125 free, at 0.04.
    assert to_the_cent(lines["data volumes' operations"].monthly.at_load) == "40.00"
    assert to_the_cent(lines["data volumes' throughput"].monthly.at_load) == "14.40"


def test_every_class_that_the_default_processor_offers_has_a_price():
    for size in ("small", "medium", "large"):
        bill = estimate(
            accepted(
                size=size,
                domain="example.com",
                sharding={"stage": "serving", "freshInstall": True},
            ),
            a_load(),
        )
        assert not bill.unpriced


LOADS = st.fixed_dictionaries(
    {
        "concurrent_users": st.floats(1, 100_000),
        "requests_per_second": st.floats(0, 20_000),
        "data_volume_gb": st.floats(0, 20_000),
        "worker_jobs_per_hour": st.floats(0, 100_000),
    }
)


@given(load=LOADS, seconds=st.floats(0.1, 3600), size=st.sampled_from(["small", "medium", "large"]))
@settings(max_examples=40, deadline=None)
def test_the_bill_at_the_load_lies_between_its_bounds(load, seconds, size):
    asked = a_load(**load, job_seconds=seconds)
    total = estimate(accepted(size=size, domain="example.com"), asked).total
    assert 0 < total.low <= total.at_load <= total.high


@given(load=LOADS, factor=st.floats(1, 100))
@settings(max_examples=40, deadline=None)
def test_more_load_is_never_cheaper(load, factor):
    configured = accepted(size="medium", domain="example.com")
    more = a_load(**{name: value * factor for name, value in load.items()})
    less = a_load(**load)
    assert estimate(configured, more).total.at_load >= estimate(configured, less).total.at_load


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("database", {"readReplicas": 1}),
        ("cache", {"shards": 2}),
        ("network", {"natGateways": 2}),
        ("queue", {"nodes": 2}),
    ],
)
def test_more_of_anything_costs_more(key, change):
    assert (
        estimate(accepted(**{key: change}), a_load()).total.low
        > estimate(accepted(), a_load()).total.low
    )


def test_a_free_allowance_and_the_tiers_above_it_are_counted():
    price = load_prices().find("cloudfront:data", "us-east-1")
    assert price is not None
    assert price.monthly(Decimal(1024)) == 0
    assert price.monthly(Decimal(2024)) == Decimal("85.00")
    assert price.monthly(Decimal(20_240)) == (10_240 - 1024) * Decimal("0.085") + 800


def test_every_price_says_when_and_whence():
    for price in load_prices().prices:
        assert price.source
        assert price.date.year >= 2024


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('usd: "-1"', "greater than or equal to 0"),
        ('tiers: [{from: "5", usd: "1"}]', "begin at 0"),
        ("tiers: []", "begin at 0"),
    ],
)
def test_a_wrong_entry_of_the_price_file_is_refused(entry, message):
    text = (
        f"prices: [{{key: a, region: global, unit: gb, {entry}, date: 2026-01-01, source: s,"
        " trust: good}]\ncommitments: []\n"
    )
    with pytest.raises(ValidationError, match=message):
        read_prices(text)
