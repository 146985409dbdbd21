"""Which organizations a stack serves, where several stacks share them: its cell."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.catalog import load_catalog
from scaleplan.config.section import Allowed, Matching, OneOf
from scaleplan.sizes import Section

_LABEL = r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?"
_LABEL_IN_WORDS = "letters, digits and hyphens in lower case, 20 at most, as us-west"
EUROPEAN = "EU"
"""Organizations whose data may not leave the European Union."""


class CellSettings(Section):
    """One of several stacks that share the organizations; see `docs/cells.md`.

    The home cell owns the domain's zone and the directory that says where an organization lives;
    it names the `others`. Each of those names its `home`. A stack alone leaves all of this out.
    """

    region: Annotated[
        str,
        OneOf(lambda: load_catalog().region_names()),
        Field(description="where its organizations' data stays: the stack's own region"),
    ] = ""
    organizations: Annotated[
        str,
        Matching(
            rf"({EUROPEAN} )?([A-Z])-([A-Z])|{EUROPEAN}",
            f"first letters of names, as A-M; {EUROPEAN} alone or before the letters for those of "
            "the European Union",
        ),
        Field(
            description="who lives here, by the first letter of the name; one that begins with "
            "no letter counts as A"
        ),
    ] = "A-Z"
    home: Annotated[
        str,
        Matching(rf"({_LABEL})?", "the name of the home cell's stack, as prod"),
        Field(description="stack of the home cell, where this is another one"),
    ] = ""
    others: Annotated[
        tuple[str, ...],
        Allowed("a list of different cell names, as [us-west, eu], and none beside home"),
        Field(description="names of the other cells, where this is the home"),
    ] = ()
    # Last, because it is judged by the others.
    name: Annotated[
        str,
        Matching(rf"({_LABEL})?", f"{_LABEL_IN_WORDS}; needed beside region, home and others"),
        Field(description="what the cell is called; its address is that before the home's domain"),
    ] = ""

    @property
    def european(self) -> bool:
        """Whether its organizations' data may not leave the European Union."""
        return self.organizations.startswith(EUROPEAN)

    @property
    def initials(self) -> tuple[str, str]:
        """First and last letter of the names of its organizations."""
        letters = self.organizations.removeprefix(EUROPEAN).strip() or "A-Z"
        return letters[0], letters[-1]

    @field_validator("organizations")
    @classmethod
    def _letters_ascend(cls, organizations: str) -> str:
        if organizations != EUROPEAN and organizations[-3] > organizations[-1]:
            raise PydanticCustomError("letters", "run backwards", {"allowed": "ascending letters"})
        return organizations

    @field_validator("others")
    @classmethod
    def _others_are_the_homes(
        cls, others: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        if len(set(others)) != len(others) or (others and info.data.get("home")):
            raise PydanticCustomError("cells", "are not the others of a home")
        return others

    @field_validator("name")
    @classmethod
    def _name_is_its_own(cls, name: str, info: ValidationInfo) -> str:
        known = info.data
        shared = known.get("home") or known.get("others") or known.get("region")
        if (shared and not name) or (name and not known.get("region")):
            allowed = "name and region together, and both where there is a home or others"
            raise PydanticCustomError("name", "is missing", {"allowed": allowed})
        if name and name in known.get("others", ()):
            raise PydanticCustomError("name", "is another's", {"allowed": "none of the others'"})
        return name
