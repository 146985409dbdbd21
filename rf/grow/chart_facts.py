"""What a revision's own files say of its charts: their versions, CRDs, and schemas of kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rf.shared.cluster.definitions import Identity, read_kinds
from scaleplan.versions.table import TABLE, ChartDefinitions, DefinitionsBy, KnownAhead

SCHEMAS = "rf/shared/schemas"


@dataclass(frozen=True, kw_only=True)
class ChartRow:
    """A chart's row, as far as the revision has it in the form of now: `definitions` are its CRDs,
    None where it lists none, or where it is from before there was a list."""

    version: str
    address: str
    repository: str | None
    definitions: ChartDefinitions | None
    ahead: tuple[KnownAhead, ...]

    @property
    def name(self) -> str:
        """The chart's short name, which its release has too."""
        return self.address.rsplit("/", maxsplit=1)[-1]

    def at(self, version: str) -> str:
        """The chart in a version, as `helm show` and `helm template` take it."""
        repository = f" --repo {self.repository}" if self.repository else ""
        return f"{self.address}{repository} --version {version}"


@dataclass(frozen=True, kw_only=True)
class ChartFacts:
    """The rows of charts by their short names, and the kept schemas by API version and kind."""

    rows: Mapping[str, ChartRow]
    schemas: Mapping[Identity, Mapping[str, Any]]

    @property
    def lists_definitions(self) -> bool:
        """Whether the revision keeps a list of CRDs; a chart without one then has none."""
        return any(row.definitions is not None for row in self.rows.values())

    def crds_of(self, name: str) -> ChartDefinitions | None:
        """The list of a chart's CRDs: its own, or that of the chart which these have."""
        row = self.rows.get(name)
        known = row.definitions if row is not None else None
        if known is not None and known.by is DefinitionsBy.OWN_CHART:
            return self.crds_of(known.chart)
        return known

    def controller_of(self, name: str) -> str | None:
        """The chart whose CRDs that chart is; None for one that is no such chart."""
        for row in self.rows.values():
            if row.definitions is not None and row.definitions.chart == name:
                return row.name
        return None


NO_FACTS = ChartFacts(rows={}, schemas={})
"""Of plans that came without their revisions' files."""


def read_facts(directory: Path) -> ChartFacts:
    """The facts in a revision's files; what these have in another form, or lack, is left out."""
    table = directory / TABLE
    document = yaml.load(table.read_text("utf-8"), yaml.CSafeLoader) if table.is_file() else {}
    rows = [_row(each) for each in document.get("pins", ()) if each.get("kind") == "chart"]
    schemas = directory / SCHEMAS
    return ChartFacts(
        rows={row.name: row for row in rows},
        schemas=read_kinds(schemas) if schemas.is_dir() else {},
    )


def _row(pin: Mapping[str, Any]) -> ChartRow:
    try:
        known = (
            ChartDefinitions.model_validate(pin["definitions"]) if "definitions" in pin else None
        )
        ahead = tuple(KnownAhead.model_validate(each) for each in pin.get("ahead", ()))
    except ValidationError:
        known, ahead = None, ()
    return ChartRow(
        version=str(pin.get("version", "")),
        address=str(pin.get("address", pin.get("name", ""))),
        repository=pin.get("repository"),
        definitions=known,
        ahead=ahead,
    )
