"""Windows and schedules: over a whole week, none meets another that it excludes."""

import re
from itertools import combinations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rf.shared.project import PROJECT_ROOT
from scaleplan.model import load_plan
from scaleplan.windows import (
    CITUS_BACKUP,
    DATABASE_BACKUP,
    DATABASE_MAINTENANCE,
    DAY_MINUTES,
    DAYS,
    DISTRIBUTION,
    DRIFT_LOOK,
    EXCLUSIONS,
    MOST_REPLICAS,
    STANDBY_MAINTENANCE,
    WEEK_MINUTES,
    Activity,
    Window,
    clashes,
    near,
    replica_maintenance,
    timetable,
)
from tools.reference.windows import render

ALL = timetable()
LONGEST_BACKUP_MINUTES = 2 * 60
"""As the plan says beside its alert on old backups."""


def minutes_of(window):
    """The minutes of the week in which it is open, from Monday 00:00 on, minute by minute."""
    days = range(len(DAYS)) if window.day is None else [DAYS.index(window.day)]
    return {
        (day * DAY_MINUTES + window.start + passed) % WEEK_MINUTES
        for day in days
        for passed in range(window.minutes)
    }


def within_reach(minutes, apart):
    """Those minutes, and all that are no further from one of them."""
    # In steps that double, and each of which is no longer than what is there already.
    found, done = set(minutes), 0
    while done < apart:
        step = min(done + 1, apart - done)
        found |= {(each + way) % WEEK_MINUTES for each in found for way in (-step, step)}
        done += step
    return found


@pytest.mark.parametrize("exclusion", EXCLUSIONS, ids=lambda each: each.source[:40])
def test_at_no_minute_of_the_week_do_two_work_that_exclude_each_other(exclusion):
    for one, other in combinations(ALL, 2):
        if exclusion.concerns(one, other):
            met = within_reach(minutes_of(one), exclusion.apart) & minutes_of(other)
            assert met == set(), f"{one.name} and {other.name}: {exclusion.source}"


@given(st.integers(0, MOST_REPLICAS))
def test_whatever_a_stack_has_nothing_clashes(replicas):
    assert clashes(timetable(replicas)) == []


def test_every_exclusion_is_about_some_pair_and_says_who_demands_it():
    for exclusion in EXCLUSIONS:
        assert any(exclusion.concerns(*pair) for pair in combinations(ALL, 2)), exclusion.source
        assert len(exclusion.source) > 40


windows = st.builds(
    Window,
    activity=st.sampled_from(Activity),
    store=st.sampled_from(["database", "queue"]),
    day=st.none() | st.sampled_from(DAYS),
    start=st.integers(0, DAY_MINUTES - 1),
    minutes=st.integers(1, DAY_MINUTES),
)


@given(windows, windows, st.sampled_from([0, 1, 60, 240]))
def test_two_are_near_where_minutes_of_the_week_are(one, other, apart):
    close = within_reach(minutes_of(one), apart)
    assert near(one, other, apart) == bool(close & minutes_of(other))


@given(windows, windows)
def test_a_clash_is_told_whichever_of_two_comes_first(one, other):
    assert len(clashes([one, other])) == len(clashes([other, one]))


@pytest.mark.parametrize(
    ("moved", "other"),
    [
        # RDS' own backup into its maintenance, or into a replica's.
        ({"activity": Activity.RDS_BACKUP, "store": "database", "start": 330}, "RDS maintenance"),
        ({"activity": Activity.RDS_BACKUP, "store": "database", "start": 270}, "RDS maintenance"),
        # A copied backup that may start half an hour before RDS' own, or an hour after it began.
        ({"activity": Activity.COPIED_BACKUP, "store": "database", "start": 30}, "RDS backup"),
        ({"activity": Activity.COPIED_BACKUP, "store": "database", "start": 200}, "RDS backup"),
        # A distribution at any time, as it was before.
        (
            {"activity": Activity.DISTRIBUTION, "store": "Citus", "start": 0, "minutes": 1440},
            "StackGres backup",
        ),
        # A standby in another region that is maintained with its primary.
        (
            {"activity": Activity.RDS_MAINTENANCE, "store": "standby", "day": "sunday",
             "start": 300},
            "RDS maintenance, database",
        ),
        ({"activity": Activity.REDIS_SNAPSHOT, "store": "queue", "start": 570}, "ElastiCache main"),
        ({"activity": Activity.DRIFT_LOOK, "store": "all", "start": 263}, "RDS maintenance"),
    ],
)  # fmt: skip
def test_a_window_that_is_moved_into_another_is_found(moved, other):
    window = Window(**{"minutes": 60, **moved})
    found = {clash.one.name for clash in clashes([*ALL, window]) if clash.other is window}
    assert any(name.startswith(other) for name in found), found


def test_every_services_form_says_the_same_time():
    assert DATABASE_BACKUP.times() == "02:00-03:00"
    assert DATABASE_MAINTENANCE.weekly() == "sun:05:00-sun:06:00"
    assert CITUS_BACKUP.cron() == "30 2 * * *"
    assert DATABASE_BACKUP.aws_cron() == "cron(0 2 * * ? *)"
    assert DISTRIBUTION.cron_within(10) == "*/10 0-1,4-23 * * *"
    late = Window(
        activity=Activity.RDS_MAINTENANCE, store="x", day="sunday", start=1410, minutes=60
    )
    assert late.weekly() == "sun:23:30-mon:00:30"


@pytest.mark.parametrize(
    "wrong", [{"day": "someday"}, {"start": 1440}, {"start": -1}, {"minutes": 0}, {"minutes": 1441}]
)
def test_a_window_that_there_is_none_of_is_refused(wrong):
    with pytest.raises(ValueError, match=r"someday|midnight"):
        Window(
            **{
                "activity": Activity.RDS_BACKUP,
                "store": "x",
                "start": 0,
                "minutes": 60,
                **wrong,
            }
        )


def test_windows_are_as_long_as_each_service_wants_them():
    """RDS: 30 minutes (API reference); ElastiCache: 60 (CreateReplicationGroup)."""
    least = {
        Activity.RDS_BACKUP: 30,
        Activity.RDS_MAINTENANCE: 30,
        Activity.REDIS_SNAPSHOT: 60,
        Activity.REDIS_MAINTENANCE: 60,
        Activity.COPIED_BACKUP: 60,
    }
    assert all(window.minutes >= least.get(window.activity, 0) for window in ALL)


def test_copies_try_a_minor_version_a_day_before_their_primary():
    copies = [STANDBY_MAINTENANCE, *(replica_maintenance(index) for index in range(MOST_REPLICAS))]
    assert {copy.day for copy in copies} == {"saturday"}
    assert DATABASE_MAINTENANCE.day == "sunday"
    assert DATABASE_MAINTENANCE.start + DAY_MINUTES - STANDBY_MAINTENANCE.start >= DAY_MINUTES


def test_a_backup_in_time_is_not_called_old():
    """One may begin when its window does and the next when it ends, and take as long as it may."""
    age = load_plan().observability.backup_age_hours
    longest = DAY_MINUTES + DATABASE_BACKUP.minutes + LONGEST_BACKUP_MINUTES
    assert age.warning * 60 >= longest
    assert age.critical * 60 >= longest + DAY_MINUTES


def test_the_look_for_drift_begins_when_the_timetable_says():
    text = (PROJECT_ROOT / ".github" / "workflows" / "drift.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    assert workflow[True]["schedule"] == [{"cron": DRIFT_LOOK.cron()}]
    assert workflow["jobs"]["look"]["timeout-minutes"] <= DRIFT_LOOK.minutes
    others = (PROJECT_ROOT / ".github" / "workflows").glob("*.yml")
    scheduled = [each.name for each in others if re.search(r"^\s*- cron:", each.read_text(), re.M)]
    assert scheduled == ["drift.yml"]


def test_the_page_is_what_the_table_gives():
    page = (PROJECT_ROOT / "docs" / "windows.md").read_text(encoding="utf-8")
    assert page == render(), "run: python -m tools.reference.windows > docs/windows.md"
