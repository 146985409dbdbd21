"""How the application's own migrations are run before a rollout."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.config.section import Allowed
from scaleplan.sizes import Section


class MigrationsSettings(Section):
    """The Job that brings the tables to what the orchestrator's image expects; once per image."""

    command: Annotated[
        tuple[str, ...],
        Allowed("a list of words, as [node, dist/migrate.js]; an empty list for no migrations"),
        Field(
            description="what the orchestrator's image runs to migrate, empty where it has none; "
            "[node, dist/migrate.js] unless set"
        ),
    ] = ("node", "dist/migrate.js")
    timeout_minutes: Annotated[
        int,
        Field(
            ge=1,
            le=720,
            description="longest run of a migration, all attempts together; 30 unless set",
        ),
    ] = 30

    @field_validator("command")
    @classmethod
    def _words_are_words(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not all(word.strip() for word in command):
            raise PydanticCustomError("command", "has an empty word")
        return command
