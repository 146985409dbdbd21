"""How far a stack has come on its way to Citus."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.config.section import Allowed, Matching
from scaleplan.sizes import Section

_EXAMPLE = "2026-11-24"
_MIDNIGHT = "T00:00:00Z"
"""What the engine adds to a date that stands in a stack file without quotes."""


class ShardingStage(StrEnum):
    """What stands, and where applications write tenant data."""

    OFF = "off"
    PARALLEL = "parallel"
    SERVING = "serving"


class ShardingSettings(Section):
    """The way to Citus, a decision of its own that no size implies; see `docs/sharding.md`.

    A stack that holds data goes from `off` by way of `parallel` to `serving`. No stage deletes RDS.
    """

    fresh_install: Annotated[
        bool,
        Field(
            description="the stack starts on Citus, so that there is nothing to move; false unless "
            "set"
        ),
    ] = False
    migration_verified: Annotated[
        date | None,
        # A config is text, and `_is_a_day` refuses all that is not written as a date.
        Strict(strict=False),
        Allowed(f"a calendar date, as {_EXAMPLE}"),
        Field(description="the day on which both sides were compared and agreed"),
    ] = None
    restore_from_backup: Annotated[
        # The pattern and length of the kind's names (StackGres 1.18, CRD of SGShardedBackup).
        Annotated[
            str, Matching(r"[a-z]([-a-z0-9]{0,54}[a-z0-9])?", "the name of an SGShardedBackup")
        ]
        | None,
        Field(
            description="the SGShardedBackup that Citus is made from; read when it is made, and "
            "stays from then on (docs/disaster-recovery.md)"
        ),
    ] = None
    restore_to_timestamp: Annotated[
        Annotated[
            str,
            Matching(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z",
                "a moment in UTC, as 2026-11-30T02:45:00Z, after restoreFromBackup's",
            ),
        ]
        | None,
        Field(description="the moment that it is restored to; the backup's own end unless set"),
    ] = None
    # Last, because it is judged by the other two.
    stage: Annotated[
        ShardingStage,
        Field(
            description="off: no Citus, which is so unless set; parallel: it stands beside RDS and "
            "is being filled, while applications write to RDS; serving: tenant data is on Citus"
        ),
    ] = ShardingStage.OFF

    @property
    def present(self) -> bool:
        """Whether Citus stands at all."""
        return self.stage is not ShardingStage.OFF

    @property
    def serving(self) -> bool:
        """Whether applications read and write tenant data on Citus."""
        return self.stage is ShardingStage.SERVING

    @field_validator("migration_verified", mode="before")
    @classmethod
    def _is_a_day(cls, value: object) -> object:
        """Refuse what would pass for a date too: a time of day, or seconds since 1970."""
        if value is None:
            return value
        day = value.removesuffix(_MIDNIGHT) if isinstance(value, str) else ""
        if len(day) != len(_EXAMPLE) or day.count("-") != 2:
            raise PydanticCustomError("date", "is no date")
        return day

    @field_validator("restore_to_timestamp")
    @classmethod
    def _is_of_a_backup(cls, moment: str | None, info: ValidationInfo) -> str | None:
        if moment is not None and info.data.get("restore_from_backup", moment) is None:
            allowed = "only with restoreFromBackup, the backup that the log is replayed on"
            raise PydanticCustomError("restore", "has no backup", {"allowed": allowed})
        return moment

    @field_validator("stage")
    @classmethod
    def _serving_has_its_data(cls, stage: ShardingStage, info: ValidationInfo) -> ShardingStage:
        known = info.data
        lacks_data = known.get("fresh_install") is False and (
            "migration_verified" in known and known["migration_verified"] is None
        )
        if stage is ShardingStage.SERVING and lacks_data:
            allowed = (
                "off or parallel; serving only with freshInstall true, or with migrationVerified, "
                f"the date on which both sides were compared, as {_EXAMPLE}"
            )
            others = [ShardingStage.OFF.value, ShardingStage.PARALLEL.value]
            raise PydanticCustomError(
                "unverified", "has no data", {"allowed": allowed, "choices": others}
            )
        return stage
