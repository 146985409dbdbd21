"""When AWS, the cluster and the repository's own jobs work by themselves: every window, in UTC.

Nothing else of the program names a time of day. `EXCLUSIONS` says what must not meet, and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = len(DAYS) * DAY_MINUTES

MOST_REPLICAS = 15
"""RDS for PostgreSQL: read replicas of one source."""


class Activity(StrEnum):
    """Who works in a window, and what on."""

    RDS_BACKUP = "RDS backup"
    RDS_MAINTENANCE = "RDS maintenance"
    COPIED_BACKUP = "start of an AWS Backup job"
    REDIS_SNAPSHOT = "ElastiCache snapshot"
    REDIS_MAINTENANCE = "ElastiCache maintenance"
    BROKER_MAINTENANCE = "Amazon MQ maintenance"
    CITUS_BACKUP = "StackGres backup"
    DISTRIBUTION = "start of a distribution of tables"
    DRIFT_LOOK = "look for drift"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A time of one day of the week, or of every day where `day` is None.

    `start` is in minutes after midnight, UTC, `minutes` its length, which may reach into the next
    day. Raises ValueError on a day, a start or a length that there is none of.
    """

    activity: Activity
    store: str
    day: str | None = None
    start: int
    minutes: int

    def __post_init__(self) -> None:
        if self.day is not None and self.day not in DAYS:
            raise ValueError(f"{self.day} is no day of {', '.join(DAYS)}")
        if not 0 <= self.start < DAY_MINUTES or not 0 < self.minutes <= DAY_MINUTES:
            raise ValueError(f"{self.start} min after midnight for {self.minutes} min")

    @property
    def name(self) -> str:
        """The activity and what it works on."""
        return f"{self.activity}, {self.store}"

    def spans(self) -> Iterator[tuple[int, int]]:
        """First minute, and the one after the last, since Monday 00:00. The latter may be past the
        week's end, which is its beginning."""
        for index, day in enumerate(DAYS):
            if self.day in (None, day):
                first = index * DAY_MINUTES + self.start
                yield first, first + self.minutes

    def times(self) -> str:
        """`02:00-03:00`: RDS' and ElastiCache's daily form."""
        return f"{_clock(self.start)}-{_clock(self.start + self.minutes)}"

    def weekly(self) -> str:
        """`sun:05:00-sun:06:00`: RDS' and ElastiCache's weekly form.

        Raises ValueError for a daily one.
        """
        if self.day is None:
            raise ValueError(f"{self.name} is daily")
        end = self.start + self.minutes
        last = DAYS[(DAYS.index(self.day) + end // DAY_MINUTES) % len(DAYS)]
        return f"{self.day[:3]}:{_clock(self.start)}-{last[:3]}:{_clock(end)}"

    def weekday_and_time(self) -> tuple[str, str]:
        """`SUNDAY`, `11:00`: Amazon MQ's form, which has a beginning alone.

        Raises ValueError for a daily one.
        """
        if self.day is None:
            raise ValueError(f"{self.name} is daily")
        return self.day.upper(), _clock(self.start)

    def cron(self) -> str:
        """The beginning of a daily one as Kubernetes and GitHub write it, both in UTC."""
        hour, minute = divmod(self.start, 60)
        return f"{minute} {hour} * * *"

    def aws_cron(self) -> str:
        """The beginning of a daily one as AWS Backup writes it."""
        hour, minute = divmod(self.start, 60)
        return f"cron({minute} {hour} * * ? *)"

    def cron_within(self, every_minutes: int) -> str:
        """A daily one of whole hours, as runs within it so many minutes apart.

        Raises ValueError where it is no whole hours.
        """
        if self.start % 60 or self.minutes % 60:
            raise ValueError(f"{self.name} is no whole hours")
        first = self.start // 60
        hours = sorted((first + hour) % 24 for hour in range(self.minutes // 60))
        return f"*/{every_minutes} {_ranges(hours)} * * *"


DATABASE_BACKUP = Window(activity=Activity.RDS_BACKUP, store="database", start=2 * 60, minutes=60)
"""RDS goes on beyond it where a backup takes longer. Read replicas have the window of their
primary, and no backups in it."""

DATABASE_MAINTENANCE = Window(
    activity=Activity.RDS_MAINTENANCE, store="database", day="sunday", start=5 * 60, minutes=60
)
"""A day after the replicas and a recovery site's standby, which try a minor version first."""

STANDBY_MAINTENANCE = Window(
    activity=Activity.RDS_MAINTENANCE,
    store="database of a recovery site that follows",
    day="saturday",
    start=3 * 60 + 10,
    minutes=45,
)
"""Never with the primary that it would replace: until it is promoted it is the last of its copies
that runs. Its minor version is raised first, as RDS wants it of a replica."""

CACHE_MAINTENANCE = Window(
    activity=Activity.REDIS_MAINTENANCE, store="cache", day="sunday", start=7 * 60, minutes=60
)
QUEUE_SNAPSHOT = Window(activity=Activity.REDIS_SNAPSHOT, store="queue", start=3 * 60, minutes=60)
QUEUE_MAINTENANCE = Window(
    activity=Activity.REDIS_MAINTENANCE, store="queue", day="sunday", start=9 * 60, minutes=60
)
BROKER_MAINTENANCE = Window(
    activity=Activity.BROKER_MAINTENANCE, store="broker", day="sunday", start=11 * 60, minutes=120
)
"""Amazon MQ takes a start alone, and up to two hours ("Scheduling the maintenance window for an
Amazon MQ broker")."""

COPIED_BACKUP = Window(activity=Activity.COPIED_BACKUP, store="database", start=7 * 60, minutes=60)
"""Night in America, and before the working day in Europe. AWS Backup takes no shorter start
window than an hour, and may use all of it."""

CITUS_BACKUP = Window(activity=Activity.CITUS_BACKUP, store="Citus", start=2 * 60 + 30, minutes=90)
"""The length is how long we think that it takes: base backups of all groups, and last the restore
point. StackGres takes a start alone."""

DISTRIBUTION = Window(activity=Activity.DISTRIBUTION, store="Citus", start=4 * 60, minutes=22 * 60)
"""Runs begin every few minutes within it, so all day but while Citus is backed up."""

DRIFT_LOOK = Window(activity=Activity.DRIFT_LOOK, store="all stacks", start=23, minutes=60)
"""GitHub's own; its timeout is the length. No full hour, when GitHub is busy."""


def replica_maintenance(index: int) -> Window:
    """The window of a read replica by its place in the order in which they are added, from 0.

    They follow one another on the day before the primary's. Raises ValueError past MOST_REPLICAS.
    """
    if not 0 <= index < MOST_REPLICAS:
        raise ValueError(f"read replica {index} of {MOST_REPLICAS}")
    return Window(
        activity=Activity.RDS_MAINTENANCE,
        store=f"read replica {index + 1}",
        day="saturday",
        start=(4 + index) * 60,
        minutes=45,
    )


def timetable(replicas: int = MOST_REPLICAS) -> tuple[Window, ...]:
    """Every window of a stack that has all there is, with so many read replicas."""
    return (
        DATABASE_BACKUP,
        DATABASE_MAINTENANCE,
        STANDBY_MAINTENANCE,
        *(replica_maintenance(index) for index in range(replicas)),
        COPIED_BACKUP,
        CACHE_MAINTENANCE,
        QUEUE_SNAPSHOT,
        QUEUE_MAINTENANCE,
        BROKER_MAINTENANCE,
        CITUS_BACKUP,
        DISTRIBUTION,
        DRIFT_LOOK,
    )


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """Two activities that must not meet: between them are `apart` minutes at least.

    `one_store` where only those of the same store exclude each other.
    """

    first: frozenset[Activity]
    second: frozenset[Activity]
    apart: int
    source: str
    one_store: bool = False

    def concerns(self, one: Window, other: Window) -> bool:
        """Whether it is about this pair."""
        crossed = (one.activity in self.first and other.activity in self.second) or (
            other.activity in self.first and one.activity in self.second
        )
        return crossed and (not self.one_store or one.store == other.store)


MAINTENANCE = frozenset(
    {Activity.RDS_MAINTENANCE, Activity.REDIS_MAINTENANCE, Activity.BROKER_MAINTENANCE}
)

EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        first=frozenset({Activity.RDS_BACKUP}),
        second=frozenset({Activity.RDS_MAINTENANCE}),
        apart=1,
        source="RDS refuses it: \"The backup window can't overlap with the weekly maintenance"
        ' window" (RDS guide, "Managing automated backups"); of replicas too, which have their'
        " primary's backup window. Whether two that touch overlap it doesn't say; moto says so",
    ),
    Exclusion(
        first=frozenset({Activity.COPIED_BACKUP}),
        second=frozenset({Activity.RDS_BACKUP, Activity.RDS_MAINTENANCE}),
        apart=60,
        one_store=True,
        source="a job within an hour of either window may fail, for RDS's own work comes first"
        " (AWS re:Post, knowledge-center/backup-coordinates-pitr; AWS Backup guide,"
        ' "Troubleshoot creating resources")',
    ),
    Exclusion(
        first=frozenset({Activity.REDIS_SNAPSHOT}),
        second=frozenset({Activity.REDIS_MAINTENANCE}),
        apart=0,
        one_store=True,
        source="while a backup runs no other operation on the cluster is taken"
        ' (ElastiCache guide, "Backup constraints")',
    ),
    Exclusion(
        first=frozenset({Activity.CITUS_BACKUP}),
        second=frozenset({Activity.DISTRIBUTION}),
        apart=0,
        one_store=True,
        source="a backup ends with citus_create_restore_point, which waits for an exclusive lock on"
        " pg_dist_node and pg_dist_partition; a distribution holds weaker ones on both until all"
        " rows are copied, and others wait behind"
        " (Citus, operations/citus_create_restore_point.c; StackGres 1.18, create-sharded-backup)",
    ),
    Exclusion(
        first=MAINTENANCE,
        second=MAINTENANCE,
        apart=0,
        source="ours: one store at a time, so that a failover has all else to lean on and an alert"
        " says which it was",
    ),
    Exclusion(
        first=frozenset({Activity.DRIFT_LOOK}),
        second=MAINTENANCE,
        apart=0,
        source="ours: what restarts can't be read for sure, and the look then finds a change that"
        " nobody made, or says that nobody knows",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two windows that meet, or come too near to each other."""

    one: Window
    other: Window
    exclusion: Exclusion


def clashes(windows: Sequence[Window]) -> list[Clash]:
    """Every pair that excludes each other and meets all the same."""
    return [
        Clash(one=one, other=other, exclusion=exclusion)
        for one, other in combinations(windows, 2)
        for exclusion in EXCLUSIONS
        if exclusion.concerns(one, other) and near(one, other, exclusion.apart)
    ]


def near(one: Window, other: Window, apart: int) -> bool:
    """Whether the two overlap at some time of the week, or less than `apart` minutes lie between
    them."""
    return any(
        first < other_end + apart + turn and other_first + turn < end + apart
        for first, end in one.spans()
        for other_first, other_end in other.spans()
        for turn in (-WEEK_MINUTES, 0, WEEK_MINUTES)
    )


def _clock(minute: int) -> str:
    hour, rest = divmod(minute % DAY_MINUTES, 60)
    return f"{hour:02d}:{rest:02d}"


def _ranges(hours: Sequence[int]) -> str:
    """`0-1,4-23`: ascending numbers, those that follow one another together."""
    groups: list[list[int]] = []
    for hour in hours:
        if groups and groups[-1][-1] == hour - 1:
            groups[-1].append(hour)
        else:
            groups.append([hour])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in groups)
