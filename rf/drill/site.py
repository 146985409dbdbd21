"""The recovery site of a stack: which stack it is, its phases, and each laid over the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.drill.dependence import SitePlans
from rf.drill.deployment import Applied, deploy_over
from rf.drill.fence import FencedApi
from rf.drill.steps import Tell
from rf.drill.updates import changes_by
from rf.shared.offline.record import record
from rf.shared.plan import RecordedPlan
from rf.shared.plan_document import document_of
from rf.shared.project import PROGRAM
from rf.shared.stacks import all_settings, project_name, settings_of, stack_config
from scaleplan.config.mistakes import NOT_SET, InvalidSettings, Mistake
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class RecoverySite:
    """The stack that takes over. In mode warm it waits; in mode backup nothing stands of it.

    `home` is the stack that is lost, `mode` its own. `home_outputs` are what the site reads
    of the home; `hands` do what its deployment does, and `file` keeps what stands of it.
    """

    stack: str
    home: str
    mode: RecoveryMode
    hands: FencedApi
    home_outputs: Mapping[str, Any]
    file: Path

    def settings(self, phase: str) -> Settings:
        """The site's settings in a phase."""
        return settings_of(self.stack, overrides=self.overrides(phase))

    def planned(self, phase: str) -> RecordedPlan:
        """The site's plan in a phase, with nothing deployed."""
        return record(
            PROGRAM,
            project_name(),
            self.stack,
            config=stack_config(self.stack, overrides=self.overrides(phase)),
            references={self.home: self.home_outputs},
        )

    def overrides(self, phase: str) -> tuple[str, ...]:
        """What is laid over its stack file."""
        recovery = "disasterRecovery"
        return (f"{recovery}.mode={self.mode}", f"{recovery}.phase={phase}")

    def deploy(self, phase: str, tell: Tell) -> Applied:
        """Its plan in a phase made real over what stands of it. Raises CreationError."""
        return deploy_over(
            self.hands,
            self.file,
            self.stack,
            config=stack_config(self.stack, overrides=self.overrides(phase)),
            references={self.home: self.home_outputs},
            changes=changes_by(self.hands),
            tell=tell,
        )

    def plans(self) -> SitePlans:
        """As it waits, and as it serves."""
        waits = self.mode is RecoveryMode.WARM
        return SitePlans(
            region=self.settings("open").region,
            waiting=document_of(self.planned("standby")) if waits else None,
            serving=document_of(self.planned("open")),
        )


def site_stack_of(stack: str, settings: Settings) -> str:
    """The stack file that is its recovery site.

    Raises InvalidSettings where the stack keeps nothing in another region, or no stack is its site.
    """
    project = project_name()
    if not settings.disaster_recovery.prepared:
        raise InvalidSettings(
            [
                Mistake(
                    key=f"{project}:disasterRecovery.region",
                    value=NOT_SET,
                    allowed=f"a region: {stack} keeps no copy that would outlive its own",
                )
            ]
        )
    for name, candidate in all_settings().items():
        if candidate.disaster_recovery.site_of == stack:
            return name
    raise InvalidSettings(
        [
            Mistake(
                key=f"{project}:disasterRecovery.siteOf",
                value=NOT_SET,
                allowed=f"{stack}, in the file of the stack that is its recovery site",
            )
        ]
    )
