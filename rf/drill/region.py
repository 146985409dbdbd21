"""The region of a stack is lost: its recovery site takes over, by a person's decision.

The steps and their durations are those of `scaleplan/recovery/steps.py`; here is what each does and
what it looks at. All that acts goes through hands that are fenced off from the lost region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rf.check.capacity import report_of
from rf.drill.dns_records import domain_records, records_lead_to
from rf.drill.fence import WatchingApi
from rf.drill.site import RecoverySite
from rf.drill.steps import DrillStep, Duration, StepBasis, StepFailedError, Who, require
from rf.drill.takeovers import CLUSTER
from rf.drill.world import DrilledStack, DrillWorld
from rf.shared.sandbox.comparisons import ReadBack
from rf.shared.sandbox.registry import CreationError
from rf.shared.sandbox.verify import WHOLE_WORLD, verify
from rf.shared.servers.local_ini import ini_of
from scaleplan.capacity.summary import fault_line, said
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.recovery.steps import Basis as PlannedBasis
from scaleplan.recovery.steps import RecoveryStep, steps_of
from scaleplan.settings import Settings

ROUTE53 = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide"
HEALTH_CHECKS = f"{ROUTE53}/dns-failover-determining-health-of-endpoints.html"
ALIASES = f"{ROUTE53}/resource-record-sets-values-alias.html"
VOLUMES = "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"

SOURCES = {
    "detect": HEALTH_CHECKS,
    "restore-citus": f"citus.volumeGib at the volume's throughput, {VOLUMES}",
    "switch": f"{HEALTH_CHECKS}; {ALIASES}",
}
"""Where a step's figure can be read; settings and assumptions name themselves."""

_BASES = {
    PlannedBasis.SETTING: StepBasis.SETTING,
    PlannedBasis.AWS: StepBasis.VENDOR,
    PlannedBasis.ESTIMATE: StepBasis.ASSUMED,
}


@dataclass(frozen=True, kw_only=True)
class _Act:
    command: str
    action: Callable[[DrillWorld], None]
    verify: Callable[[DrillWorld], Sequence[str]]


def region_runbook(settings: Settings) -> Iterator[DrillStep[DrillWorld]]:
    """Every step of the failover, in order."""
    for step in steps_of(settings):
        if step.key == "switch":
            yield _opening()
        act = _ACTS[step.key]
        yield DrillStep(
            name=step.key,
            title=step.name,
            who=Who.PERSON if step.by_hand else Who.AUTOMATIC,
            command=act.command,
            action=act.action,
            verify=act.verify,
            duration=_duration(step),
        )


def _opening() -> DrillStep[DrillWorld]:
    """A person's last step, whose time is in the one before: from then on all goes by itself."""
    return DrillStep(
        name="open",
        title="somebody opens the site to users",
        who=Who.PERSON,
        command="pulumi config set --path disasterRecovery.phase open; pulumi up --stack SITE",
        action=_open,
        verify=lambda world: [f"resources: {world.changes}"],
        duration=Duration(seconds=0, basis=StepBasis.ASSUMED, source="counted in verify"),
    )


def _duration(step: RecoveryStep) -> Duration:
    source = SOURCES.get(step.key, step.source)
    return Duration(seconds=step.seconds, basis=_BASES[step.basis], source=source)


def _site(world: DrillWorld) -> RecoverySite:
    if world.site is None:
        raise StepFailedError(f"{world.place.settings.stack} has no recovery site")
    return world.site


def _nothing(_: DrillWorld) -> None:
    """The step is a person's, or Route 53's."""


def _both_sites_are_known(world: DrillWorld) -> Sequence[str]:
    """That records and checks of both sites exist already: nobody can make them now."""
    return records_lead_to(world, _site(world))


def _copies_are_there(world: DrillWorld) -> Sequence[str]:
    """What a decision needs to know: that there is something to fail over to."""
    site, lost = _site(world), world.place.settings
    settings = site.settings("open")
    if site.mode is RecoveryMode.BACKUP:
        replicated = [
            each
            for each in world.place.plan.resources
            if each.type.endswith(":InstanceAutomatedBackupsReplication")
            and each.inputs.get("region") == settings.region
        ]
        require(replicated, f"no backups of {world.place.primary} in {settings.region}")
        return [f"backups of {world.place.primary} are copied to {settings.region}"]
    replica = world.instance(f"{settings.prefix}-database", settings.region)
    source = str(replica.get("ReadReplicaSourceDBInstanceIdentifier") or "")
    require(
        source.endswith(f":{world.place.primary}") and f":{lost.region}:" in source,
        f"{replica['DBInstanceIdentifier']} follows {source or 'nothing'}, not the lost primary",
    )
    require(replica["StorageEncrypted"], f"{replica['DBInstanceIdentifier']} is not encrypted")
    return [f"{replica['DBInstanceIdentifier']} in {settings.region} follows {source}"]


def _promote(world: DrillWorld) -> None:
    settings = _site(world).settings("active")
    world.act(
        "rds",
        "PromoteReadReplica",
        settings.region,
        DBInstanceIdentifier=f"{settings.prefix}-database",
        BackupRetentionPeriod=settings.database.backup_retention_days,
    )
    world.notes.append(
        "promotion: the emulator goes on naming the source of an instance that it has promoted"
    )


def _promoted(world: DrillWorld) -> Sequence[str]:
    settings = _site(world).settings("active")
    now = world.instance(f"{settings.prefix}-database", settings.region)
    name, days = now["DBInstanceIdentifier"], now["BackupRetentionPeriod"]
    require(now["DBInstanceStatus"] == "available", f"{name}: {now['DBInstanceStatus']}")
    require(
        days == settings.database.backup_retention_days,
        f"{name} has backups of {days} days: a promoted one must have its own",
    )
    return [f"{name} is promoted and available, with backups of {days} days"]


def _deployed(world: DrillWorld, phase: str) -> DrilledStack:
    """The site in a phase, by the hands: what the lost region is needed for fails."""
    try:
        layered = _site(world).deploy(phase, lambda _: None)
    except CreationError as error:
        raise StepFailedError(str(error)) from error
    world.not_emulated = layered.not_emulated
    counts = (layered.made, "made"), (layered.changed, "changed"), (layered.deleted, "deleted")
    world.changes = ", ".join(f"{len(urns)} {what}" for urns, what in counts)
    world.serving = DrilledStack(settings=_site(world).settings(phase), plan=layered.plan)
    return world.serving


def _activate(world: DrillWorld) -> None:
    _deployed(world, "active")


def _open(world: DrillWorld) -> None:
    _deployed(world, "open")


def _serving(world: DrillWorld) -> DrilledStack:
    """The site as it serves; after a drill was resumed it is looked up again, changing nothing."""
    return world.serving or _deployed(world, "active")


def _restored(world: DrillWorld) -> Sequence[str]:
    place = _serving(world)
    now = world.instance(place.primary, place.settings.region)
    require(now["DBInstanceStatus"] == "available", f"{place.primary}: {now['DBInstanceStatus']}")
    return [f"{place.primary} in {place.settings.region} is available"]


def _as_planned(world: DrillWorld) -> Sequence[str]:
    """Everything of the site read back and held against its plan, and the pooler's way."""
    place = _serving(world)
    all_checks = verify(_eyes_of_site(world), place.plan, world.not_emulated)
    # What is counted over all of the emulator counts the lost stack's resources too.
    checks = [check for check in all_checks if check.name != WHOLE_WORLD]
    differing = [check for check in checks if check.status is ReadBack.DIFFERS]
    named = ", ".join(f"{check.kind} {check.name}: {check.subject}" for check in differing[:5])
    require(not differing, f"{len(differing)} properties are not as planned: {named}")
    endpoint = world.instance(place.primary, place.settings.region)["Endpoint"]["Address"]
    require(f"host={endpoint} " in ini_of(place.plan), f"pgbouncer.ini does not lead to {endpoint}")
    return [
        f"resources: {world.changes}; {len(checks)} properties as planned",
        f"pgbouncer.ini of the site leads to {endpoint}: nothing is repointed by hand",
    ]


def _eyes_of_site(world: DrillWorld) -> WatchingApi:
    return WatchingApi(world.eyes.server, _serving(world).settings.region)


def _citus_reads_the_copy(world: DrillWorld) -> Sequence[str]:
    """Read from the plan: no pod runs in the sandbox. The bucket is looked at."""
    place = _serving(world)
    stores = place.objects("SGObjectStorage")
    require(stores and place.objects(CLUSTER), "the site's plan has no Citus to restore into")
    buckets: list[str] = []
    for store in stores:
        described = store["spec"][store["spec"]["type"]]
        require(
            described.get("region", place.settings.region) == place.settings.region,
            f"{store['metadata']['name']} reads {described['bucket']} in {described['region']}",
        )
        buckets.append(str(described["bucket"]))
        world.see("s3", "GetBucketVersioning", place.settings.region, Bucket=buckets[-1])
    named = ", ".join(buckets)
    return [f"planned: Citus restores from {named}, which stands in {place.settings.region}"]


def _carries(world: DrillWorld) -> Sequence[str]:
    site = _site(world)
    report = report_of(
        site.stack, size=None, overrides=site.overrides("active"), load=None, lose=None
    )
    if report.fault is not None:
        raise StepFailedError(fault_line(*report.fault))
    tightest = report.tightest
    return [f"the site carries its load; least to spare: {said(tightest[1])}"] if tightest else []


def _switched(world: DrillWorld) -> Sequence[str]:
    return [
        *records_lead_to(world, _site(world)),
        *domain_records(world),
    ]


_ACTS = {
    "detect": _Act(
        command="Route 53 itself; an alarm tells whoever is on call",
        action=_nothing,
        verify=_both_sites_are_known,
    ),
    "decide": _Act(
        command="docs/disaster-recovery.md: when to fail over, and when to wait",
        action=_nothing,
        verify=_copies_are_there,
    ),
    "promote": _Act(
        command="aws rds promote-read-replica --db-instance-identifier SITE-database",
        action=_promote,
        verify=_promoted,
    ),
    "restore": _Act(
        command="pulumi up --stack SITE, which restores the database first",
        action=_activate,
        verify=_restored,
    ),
    "grow": _Act(
        command="pulumi config set --path disasterRecovery.phase active; pulumi up --stack SITE",
        action=_activate,
        verify=_as_planned,
    ),
    "build": _Act(
        command="the same pulumi up goes on",
        action=_activate,
        verify=_as_planned,
    ),
    "restore-citus": _Act(
        command="docs/disaster-recovery.md: Citus, from its bucket",
        action=_nothing,
        verify=_citus_reads_the_copy,
    ),
    "verify": _Act(
        command="the runbook's checks at recovery.DOMAIN, and rf check --stack SITE",
        action=_nothing,
        verify=_carries,
    ),
    "switch": _Act(
        command="Route 53 itself",
        action=_nothing,
        verify=_switched,
    ),
}
