"""The loss of primaries and of a zone, played in the sandbox on a home of a few resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.drill.drill import not_emulated
from rf.drill.fence import FencedApi, LostRegionError, WatchingApi
from rf.drill.primary import primary_runbook
from rf.drill.zone import zone_runbook
from rf.shared.cards.answers import RequestError
from tests.sandbox.drill_worlds import StartWorld, played, without_people_and_pods


def test_a_primary_with_its_standby_and_replicas_is_taken_over_from(
    start: StartWorld, tmp_path: Path
):
    world = start()
    runbook = without_people_and_pods(primary_runbook(world.place.settings, world.place.plan))
    progress = played(runbook, world, tmp_path)
    assert progress.failed is None, progress.reason
    seen = "\n".join(line for step in progress.done for line in step.seen)
    assert "researchflow-test-database is available and multi-AZ" in seen
    assert "pgbouncer.ini leads to researchflow-test-database." in seen
    assert "a replica in another zone" in seen
    assert "is refused at once with 08P01, and must try again" in seen
    assert "one follows 1 s after each failure" in seen
    said = "elasticache TestFailover: checked against AWS's model, not emulated"
    assert said in not_emulated(world)


def test_a_queue_whose_replica_may_share_its_zone_stops_the_drill(
    start: StartWorld, tmp_path: Path
):
    world = start({"redisMultiAz": "false"})
    runbook = without_people_and_pods(primary_runbook(world.place.settings, world.place.plan))
    progress = played(runbook, world, tmp_path)
    assert progress.failed == "queue-takeover"
    assert "may stand in the primary's zone" in str(progress.reason)


def test_a_database_without_a_standby_is_restored_under_its_name(start: StartWorld, tmp_path: Path):
    world = start(size="small")
    runbook = [
        step
        for step in primary_runbook(world.place.settings, world.place.plan)
        if step.name in {"decide", "restore", "rename"}
    ]
    progress = played(runbook, world, tmp_path)
    assert progress.failed is None, progress.reason
    broken = world.instance("researchflow-test-database-broken", "us-east-1")
    assert world.instance("researchflow-test-database", "us-east-1") != broken


@pytest.mark.parametrize(("crossed", "failed"), [("false", None), ("true", "balancer-leaves")])
def test_a_zone_is_lost_with_its_way_out_which_no_other_zone_may_need(
    start: StartWorld, tmp_path: Path, crossed: str, failed: str | None
):
    world = start({"crossed": crossed})
    runbook = without_people_and_pods(zone_runbook(world.place.settings, world.place.plan))
    progress = played(runbook, world, tmp_path)
    assert progress.failed == failed, progress.reason
    if failed:
        assert "us-east-1b went out through us-east-1a, which is lost" in str(progress.reason)


def test_calls_that_need_the_lost_region_fail_and_others_go_on(hands: FencedApi):
    hands.lose("us-east-1")
    for service, operation, region, parameters in (
        ("rds", "DescribeDBInstances", "us-east-1", {}),
        ("iam", "ListRoles", None, {}),
        ("route53", "ListHostedZones", None, {}),
        ("s3", "CreateBucket", "us-east-2", {"Bucket": "late"}),
        ("acm", "ListCertificates", "us-east-1", {}),
    ):
        with pytest.raises(LostRegionError):
            hands.call(service, operation, region, **parameters)
    assert hands.call("rds", "DescribeDBInstances", "us-east-2")["DBInstances"] == []
    assert hands.call("acm", "ListCertificates", "us-east-2")["CertificateSummaryList"] == []


def test_a_region_without_control_planes_takes_none_with_it(hands: FencedApi):
    hands.lose("us-west-2")
    assert "Roles" in hands.call("iam", "ListRoles").data
    with pytest.raises(LostRegionError):
        hands.call("rds", "DescribeDBInstances", "us-west-2")


def test_the_drills_checks_change_nothing(eyes: WatchingApi):
    with pytest.raises(RequestError, match="only read"):
        eyes.call("s3", "CreateBucket", Bucket="made-by-a-check")
