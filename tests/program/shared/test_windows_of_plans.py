"""The plans have the timetable's windows, each where it belongs, and no other time of day."""

import re
from collections.abc import Iterator, Mapping

import pytest

from rf.shared.plan import reveal
from scaleplan import windows
from scaleplan.windows import MOST_REPLICAS, replica_maintenance, timetable
from tests.configurations import CONFIGURATIONS

TIME_OF_DAY = re.compile(
    # A window, by the day or the week; a time alone; a schedule; a name of one.
    r"([a-z]{3}:)?\d\d:\d\d(-([a-z]{3}:)?\d\d:\d\d)?|cron\(.*\)|@(hourly|daily|weekly|monthly)"
    r"|rate\(.*\)|([\d*,/-]+ ){4}[\d*,/-]+",
    re.IGNORECASE,
)

FORMS = {
    form
    for window in timetable()
    for form in (
        window.times() if window.day is None else window.weekly(),
        window.cron(),
        window.aws_cron(),
    )
} | {windows.DISTRIBUTION.cron_within(10), windows.BROKER_MAINTENANCE.weekday_and_time()[1]}
"""Every way in which a service may be told a time of the timetable."""

INSTANCE = "aws:rds/instance:Instance"
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def times_in(value: object, at: str) -> Iterator[tuple[str, str]]:
    match value:
        case str() if TIME_OF_DAY.fullmatch(value):
            yield at, value
        case Mapping():
            for key, inner in value.items():
                yield from times_in(inner, f"{at}.{key}")
        case list():
            for inner in value:
                yield from times_in(inner, at)
        case _:
            pass


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_every_time_of_day_in_a_plan_is_of_the_timetable(planned, configuration):
    plan = planned(
        configuration.stack,
        size=configuration.size,
        overrides=configuration.overrides,
        unknowns=configuration.unknowns,
    )
    found = [
        time for each in plan.resources for time in times_in(reveal(each.inputs), each.resource_id)
    ]
    assert [each for each in found if each[1] not in FORMS] == []
    assert any(at.endswith(".backupWindow") for at, _ in found)


def window_of(plan, token, name, key="maintenanceWindow"):
    return reveal(plan.named(token, name).inputs)[key]


def test_each_store_has_its_own_window(planned):
    plan = planned("prod")
    assert window_of(plan, INSTANCE, "database-primary") == windows.DATABASE_MAINTENANCE.weekly()
    backup = window_of(plan, INSTANCE, "database-primary", "backupWindow")
    assert backup == windows.DATABASE_BACKUP.times()
    assert window_of(plan, GROUP, "cache-group") == windows.CACHE_MAINTENANCE.weekly()
    assert window_of(plan, GROUP, "queue-group") == windows.QUEUE_MAINTENANCE.weekly()
    snapshots = window_of(plan, GROUP, "queue-group", "snapshotWindow")
    assert snapshots == windows.QUEUE_SNAPSHOT.times()
    replicas = {each.name for each in plan.of_type(INSTANCE)} - {"database-primary"}
    assert {window_of(plan, INSTANCE, name) for name in replicas} == {
        replica_maintenance(index).weekly() for index in range(len(replicas))
    }
    assert len(replicas) <= MOST_REPLICAS


def test_a_site_that_follows_is_not_maintained_with_its_primary_until_it_took_over(planned):
    """Both could be away at once, and RDS wants a replica's minor version raised first."""
    primary = window_of(planned("prod"), INSTANCE, "database-primary")
    site = reveal(planned("prod-dr").named(INSTANCE, "database-primary").inputs)
    assert site["replicateSourceDb"]
    assert site["maintenanceWindow"] == windows.STANDBY_MAINTENANCE.weekly() != primary
    active = planned("prod-dr", overrides=("disasterRecovery.phase=active",))
    assert window_of(active, INSTANCE, "database-primary") == primary


def test_tables_are_distributed_at_every_time_but_while_citus_is_backed_up(planned):
    plan = planned("prod")
    (job,) = plan.of_type("kubernetes:batch/v1:CronJob")
    schedule = reveal(job.inputs)["spec"]["schedule"]
    hours = {
        hour
        for run in schedule.split()[1].split(",")
        for first, last in [(run.split("-") * 2)[:2]]
        for hour in range(int(first), int(last) + 1)
    }
    (cluster,) = plan.of_type("kubernetes:stackgres.io/v1alpha1:SGShardedCluster")
    (backup,) = reveal(cluster.inputs)["spec"]["configurations"]["backups"]
    begins = int(backup["cronSchedule"].split()[1])
    assert not hours & {begins, begins + 1}
    assert len(hours) == 22
