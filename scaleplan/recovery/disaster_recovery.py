"""What a stack keeps in a second region, the stack that grows a site from it, and how small that
stack is while it waits: what can't grow in place is full from the start."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.catalog import load_catalog
from scaleplan.config.section import Matching, OneOf, Section, integer

_STACK = r"([a-z][a-z0-9-]{1,10}[a-z0-9])?"


class RecoveryMode(StrEnum):
    """What stands in the recovery region before anything is lost."""

    BACKUP = "backup"
    WARM = "warm"


class SitePhase(StrEnum):
    """How far a recovery site has come. Nothing leads back: see failback in the same page."""

    STANDBY = "standby"
    ACTIVE = "active"
    OPEN = "open"


class DisasterRecoverySettings(Section):
    """The recovery site of a stack; see `docs/disaster-recovery.md`.

    The stack that may lose its region names the recovery `region`. The stack that stands there
    names the other one by `siteOf`, and waits until its `phase` says otherwise.
    """

    mode: Annotated[
        RecoveryMode,
        Field(
            description="backup: copies alone, from which the site is built when it is needed; "
            "warm: a site stands beside them, with a replica of the database and no pods of the "
            "applications"
        ),
    ] = RecoveryMode.BACKUP
    decision_minutes: Annotated[
        int,
        integer(1, 1_440, "until somebody on call has seen the alarm and decided to fail over"),
    ] = 15
    rpo_minutes: Annotated[
        int, integer(1, 10_080, "most work that a loss of the region may cost, where it is data")
    ] = 30
    rto_minutes: Annotated[
        int, integer(1, 10_080, "most time from the loss of the region until users work again")
    ] = 480
    region: Annotated[
        str,
        OneOf(lambda: load_catalog().region_names()),
        Field(description="recovery region; without it nothing is copied anywhere"),
    ] = ""
    image_rules_adopted: Annotated[
        bool,
        Field(
            description="the registry's rules of image replication, of which an account and region "
            "have one set, are made elsewhere and copy this stack's images too: the stack makes "
            "none, and `rf preflight` reads those"
        ),
    ] = Field(default=False, validate_default=True)
    site_of: Annotated[
        str,
        Matching(_STACK, "the name of the stack that this one takes over from, as prod"),
        Field(description="stack whose recovery site this is"),
    ] = ""
    # Last, because it is judged by the others.
    phase: Annotated[
        SitePhase,
        Field(
            description="of a recovery site; standby: it waits; active: its database is promoted, "
            "for good, and all pods run, for those who verify it; open: it tells the health checks "
            "that it is ready, and they send all users to it"
        ),
    ] = Field(default=SitePhase.STANDBY, validate_default=True)

    @property
    def prepared(self) -> bool:
        """Whether this stack keeps copies in a recovery region."""
        return bool(self.region)

    @property
    def standby(self) -> bool:
        """Whether this stack is a recovery site that waits."""
        return bool(self.site_of) and self.phase is SitePhase.STANDBY

    def allowed_instead(
        self, stack: str | None, region: str | None, *, european: bool
    ) -> str | None:
        """What is allowed where this is not, in that stack of that region; None where it is.

        `european` data is copied nowhere but to another region of the European Union.
        """
        known = load_catalog()
        elsewhere = [name for name in known.region_names() if name != region]
        inside = [name for name in known.european_region_names() if name != region]
        if self.region and self.region == region:
            return f"a region other than the stack's own: {', '.join(elsewhere)}"
        if self.region and european and self.region not in inside:
            return f"a region of the European Union for its data: {', '.join(inside)}"
        if self.site_of and self.site_of == stack:
            return "another stack as siteOf"
        return None

    @field_validator("image_rules_adopted")
    @classmethod
    def _only_copies_need_rules(cls, adopted: bool, info: ValidationInfo) -> bool:
        if adopted and info.data.get("region") == "":
            allowed = "true beside a recovery region alone: else nothing is copied"
            raise PydanticCustomError("site", "adopts nothing", {"allowed": allowed})
        return adopted

    @field_validator("site_of")
    @classmethod
    def _site_has_no_site(cls, site_of: str, info: ValidationInfo) -> str:
        if site_of and info.data.get("region"):
            allowed = "siteOf or region: what is copied to a recovery site is copied no further"
            raise PydanticCustomError("site", "has a site", {"allowed": allowed})
        return site_of

    @field_validator("phase")
    @classmethod
    def _only_a_site_takes_over(cls, phase: SitePhase, info: ValidationInfo) -> SitePhase:
        known, waits = info.data, phase is SitePhase.STANDBY
        if not waits and known.get("site_of") == "":
            allowed = "standby, or beside siteOf: only a recovery site takes over"
            raise PydanticCustomError("site", "is no site", {"allowed": allowed})
        if waits and known.get("site_of") and known.get("mode") is RecoveryMode.BACKUP:
            allowed = "active where mode is backup: such a site is built when it is needed"
            raise PydanticCustomError("site", "waits for nothing", {"allowed": allowed})
        return phase


STANDBY_CLASSES = {"cache": "nodeClass", "queue": "nodeClass"}
"""Of the small size: both Redis hold nothing while the site waits, and grow in place. A copy of the
one shard stands beside it, so that they grow without an outage."""

STANDBY_DATABASE = {"readReplicas": 0, "multiAz": False}
"""One replica of the other site's primary, of the full class and storage: it must replay all that
is written there, and after its promotion a change of class would be an outage."""


def waits(recovery: object) -> bool:
    """Whether a stack's `disasterRecovery`, as written, is that of a site that waits."""
    if not isinstance(recovery, Mapping) or not recovery.get("siteOf"):
        return False
    return recovery.get("phase", SitePhase.STANDBY) == SitePhase.STANDBY


def standby_of(small: Mapping[str, Any]) -> dict[str, Any]:
    """What is laid over the site's own values while it waits; `small` is the row of that size."""
    classes = {name: {key: small[name][key]} for name, key in STANDBY_CLASSES.items()}
    return {
        "network": small["network"],
        "cache": {**classes["cache"], "shards": 1, "replicasPerShard": 1},
        "queue": {**classes["queue"], "nodes": 2},
        "database": STANDBY_DATABASE,
    }
