"""The loss of a region, played in the sandbox on a home and a site of a few resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rf.drill.deployment import deploy_over
from rf.drill.fence import FencedApi
from rf.drill.progress import play
from rf.drill.region import region_runbook
from rf.drill.site import RecoverySite
from rf.drill.updates import changes_by
from rf.drill.world import DrillWorld
from rf.shared.sandbox.api import Api
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.settings import Settings
from tests.sandbox.drill_programs import SITE
from tests.sandbox.drill_worlds import StartWorld, played, settings_of, without_people_and_pods

RECOVERY = {"region": "us-east-2", "mode": "warm"}


@dataclass(frozen=True, kw_only=True)
class SmallSite(RecoverySite):
    """A recovery site of the small program; `role` has it make a role when it takes over."""

    program: Path
    role: bool = False

    def settings(self, phase: str) -> Settings:
        return settings_of(
            "site",
            region="us-east-2",
            availabilityZones=["us-east-2a", "us-east-2b", "us-east-2c"],
            database={"backupRetentionDays": 7},
            disasterRecovery={"siteOf": "test", "mode": "warm", "phase": phase},
        )

    def overrides(self, phase: str) -> tuple[str, ...]:
        return ()

    def deploy(self, phase: str, tell: Any) -> Any:
        config: dict[str, object] = {"phase": phase, "role": str(self.role).lower()}
        return deploy_over(
            self.hands,
            self.file,
            "site",
            config=config,
            references={"test": self.home_outputs},
            changes=changes_by(self.hands),
            tell=tell,
            program=self.program,
        )


StartSite = Callable[..., DrillWorld]


@pytest.fixture
def with_site(start: StartWorld, hands: FencedApi, tmp_path: Path) -> StartSite:
    """The home with its site waiting, and its region lost."""

    def run(*, role: bool = False) -> DrillWorld:
        world = start(
            domain="researchflow.example.com", disasterRecovery=RECOVERY, sharding={"stage": "off"}
        )
        (tmp_path / "site.py").write_text(SITE, encoding="utf-8")
        world.site = SmallSite(
            stack="site",
            home="test",
            mode=RecoveryMode.WARM,
            hands=hands,
            home_outputs=world.place.plan.outputs,
            file=tmp_path / "site.json",
            program=tmp_path / "site.py",
            role=role,
        )
        world.site.deploy("standby", lambda _: None)
        hands.lose("us-east-1")
        return world

    return run


def test_a_site_takes_over_a_lost_region_without_calling_it(with_site: StartSite, tmp_path: Path):
    world = with_site()
    runbook = without_people_and_pods(region_runbook(world.place.settings))
    assert [step.name for step in runbook] == [
        "detect",
        "decide",
        "promote",
        "grow",
        "open",
        "switch",
    ]
    progress = played(runbook, world, tmp_path)
    assert progress.failed is None, progress.reason
    now = world.instance("researchflow-site-database", "us-east-2")
    assert (now["DBInstanceClass"], now["MultiAZ"]) == ("db.r7g.xlarge", True)


def test_a_failover_that_needs_a_lost_control_plane_stops_and_goes_on_when_mended(
    with_site: StartSite, tmp_path: Path
):
    world = with_site(role=True)
    runbook = without_people_and_pods(region_runbook(world.place.settings))
    progress = played(runbook, world, tmp_path)
    assert progress.failed == "grow"
    assert "Role::late" in str(progress.reason)
    assert "needs the control plane of IAM, which is lost with us-east-1" in str(progress.reason)

    assert isinstance(world.site, SmallSite)
    world.site = replace(world.site, role=False)
    play(runbook, world, progress, tmp_path / "progress.json")
    assert progress.failed is None, progress.reason
    assert [step.name for step in progress.done] == [step.name for step in runbook]


def test_a_domain_without_a_record_of_the_site_can_not_fail_over(
    with_site: StartSite, tmp_path: Path, clients: Api
):
    world = with_site()
    zones = clients.call("route53", "ListHostedZones")["HostedZones"]
    zone = zones[0]["Id"].rsplit("/", 1)[-1]
    records = clients.call("route53", "ListResourceRecordSets", HostedZoneId=zone)
    (secondary,) = [
        record for record in records["ResourceRecordSets"] if record.get("Failover") == "SECONDARY"
    ]
    clients.call(
        "route53",
        "ChangeResourceRecordSets",
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": secondary}]},
    )
    progress = played(region_runbook(world.place.settings), world, tmp_path)
    assert progress.failed == "detect"
    assert "no SECONDARY record" in str(progress.reason)
