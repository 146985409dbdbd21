"""Charts whose version a step changes: what becomes of their CRDs and values, as far as the two
revisions' own files tell, and what only the charts themselves can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rendering.shared.chart_values import keys_of
from rf.grow.chart_facts import ChartFacts, ChartRow
from rf.kubernetes.helm import RELEASE
from rf.shared.cards.property_changes import ABSENT, PropertyChange, property_changes
from rf.shared.plan_document import PlanDocument, PlannedResource
from scaleplan.versions.table import ChartDefinitions, DefinitionsBy, ServedKind, numbers

Crds = Mapping[str, ServedKind]


_BY = {
    DefinitionsBy.FOLDER: "CRDs by hand: Helm changes none of a folder",
    DefinitionsBy.TEMPLATES: "CRDs change with the release",
    DefinitionsBy.OWN_CHART: "CRDs have a release of their own",
    DefinitionsBy.OPERATOR: "the operator changes its CRDs itself",
    None: "no CRDs",
}
"""How the CRDs of a raised chart change."""


@dataclass(frozen=True, kw_only=True)
class ChartRaise:
    """One release in another version; `before` is None for one of CRDs that stand already, made by
    the chart of `controller`.

    `by` says how its CRDs change, where the revision keeps a list (`is_listed`). `crds` are those
    of the later version, none where another chart has them. By CRD, `dropped` are the API versions
    that go and `unstorable` the one of them that objects are stored in. `definitions`, `values` and
    `ahead` are sentences about its CRDs, its values and what is known of later versions, `unknown`
    what the files don't tell and `compare` the commands that do, which need the charts' registries.
    """

    release: str
    chart: str
    namespace: str
    row: ChartRow
    before: str | None
    after: str
    controller: str
    is_listed: bool
    crds: Crds
    dropped: Mapping[str, tuple[str, ...]]
    unstorable: Mapping[str, str]
    definitions: tuple[str, ...]
    values: tuple[str, ...]
    ahead: tuple[str, ...]
    unknown: tuple[str, ...]
    compare: tuple[str, ...]

    @property
    def by(self) -> DefinitionsBy | None:
        """How its CRDs come; None where it has none, or where nobody knows."""
        return self.row.definitions.by if self.row.definitions is not None else None

    @property
    def is_lowered(self) -> bool:
        """Whether it goes back."""
        return self.before is not None and numbers(self.after) < numbers(self.before)

    def __str__(self) -> str:
        how = _BY[self.by] if self.is_listed else "how its CRDs change is not known"
        return f"{self.chart} {self.before or 'CRDs that stand'} -> {self.after}: {how}"


def chart_raises(
    before: PlanDocument, after: PlanDocument, facts: tuple[ChartFacts, ChartFacts]
) -> tuple[ChartRaise, ...]:
    """Every release whose version changes, and each that takes over CRDs which stand already."""
    old = _releases(before)
    return tuple(
        each
        for name, release in _releases(after).items()
        if (each := _raise_of(name, release, old, facts)) is not None
    )


def raise_findings(
    raises: tuple[ChartRaise, ...], after: PlanDocument
) -> Iterator[tuple[str, str, str]]:
    """Resource, what, remedy of what the raised charts' CRDs do not allow."""
    for each in raises:
        yield from _lowered(each)
        yield from _unserved(each, after)
        yield from _unstorable(each)


def _raise_of(
    name: str,
    release: PlannedResource,
    releases: Mapping[str, PlannedResource],
    facts: tuple[ChartFacts, ChartFacts],
) -> ChartRaise | None:
    old_facts, new_facts = facts
    version, earlier = _version_of(release), releases.get(name)
    was = _version_of(earlier) if earlier is not None else None
    controller = new_facts.controller_of(name) or ""
    if was == version or (was is None and controller not in releases):
        return None
    row, old_row = new_facts.rows.get(name) or _row_of(release), old_facts.rows.get(name)
    # Before these had a chart of their own, they were the controller's.
    old = _crds_at(old_facts, name, was) if was is not None else old_facts.crds_of(controller)
    new = _crds_at(new_facts, name, version)
    told = old is not None and new is not None
    before: Crds = old.crds if old is not None and told else {}
    after: Crds = new.crds if new is not None and told else {}
    dropped = dict(_dropped(before, after))
    return ChartRaise(
        release=release.name,
        chart=name,
        namespace=str(release.inputs.get("namespace", "default")),
        row=row,
        before=was,
        after=version,
        controller=controller,
        is_listed=new_facts.lists_definitions,
        crds=new.crds if new is not None else {},
        dropped=dropped,
        unstorable={
            crd: before[crd].serves[0]
            for crd, gone in dropped.items()
            if before[crd].serves[0] in gone
        },
        definitions=(
            *_differences(before, after),
            *_schema_changes(new.crds if new is not None else {}, facts),
        ),
        values=tuple(_value_changes(earlier, release)) if earlier is not None else (),
        ahead=tuple(_ahead(old_row, row, was)),
        unknown=tuple(_unknown(row, was, new_facts, told=told)),
        compare=tuple(_compare(row, old_row, was, version)),
    )


def _version_of(release: PlannedResource) -> str:
    return str(release.inputs.get("version", ""))


def _crds_at(facts: ChartFacts, name: str, version: str) -> ChartDefinitions | None:
    """A chart's own list of CRDs, where the revision has the one of that very version."""
    row = facts.rows.get(name)
    return row.definitions if row is not None and row.version == version else None


def _releases(plan: PlanDocument) -> Mapping[str, PlannedResource]:
    return {
        str(each.inputs.get("name") or each.name): each
        for each in plan.resources.values()
        if each.type == RELEASE
    }


def _row_of(release: PlannedResource) -> ChartRow:
    """A chart that no table has, by its release alone."""
    inputs = release.inputs
    return ChartRow(
        version="",
        address=str(inputs.get("chart", release.name)),
        repository=(inputs.get("repositoryOpts") or {}).get("repo"),
        definitions=None,
        ahead=(),
    )


def _differences(was: Crds, becomes: Crds) -> Iterator[str]:
    for name in sorted({*was, *becomes}):
        if name not in was:
            yield f"{name}: new, serves {', '.join(becomes[name].serves)}"
        elif name not in becomes:
            yield f"{name}: no longer the chart's; it stays in the cluster, with its objects"
        elif what := "; ".join(_version_changes(was[name].serves, becomes[name].serves)):
            yield f"{name}: {what}"


def _version_changes(was: tuple[str, ...], becomes: tuple[str, ...]) -> Iterator[str]:
    gone = [each for each in was if each not in becomes]
    added = [each for each in becomes if each not in was]
    if gone:
        yield f"no longer serves {', '.join(gone)}"
    if added:
        yield f"serves {', '.join(added)} too"
    if was[0] != becomes[0]:
        yield f"new objects are stored as {becomes[0]}, those that exist stay as {was[0]}"


def _dropped(was: Crds, becomes: Crds) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By CRD the API versions that go. Objects are stored in the first that it had."""
    for name in sorted(was.keys() & becomes.keys()):
        gone = tuple(each for each in was[name].serves if each not in becomes[name].serves)
        if gone:
            yield name, gone


def _schema_changes(crds: Crds, facts: tuple[ChartFacts, ChartFacts]) -> Iterator[str]:
    old, new = (each.schemas for each in facts)
    kinds = {(name.split(".", 1)[1], each.kind) for name, each in crds.items()}
    # A revision from before schemas were kept has not lost any.
    for identity in sorted({*old, *new}) if old and new else ():
        api, kind = identity
        if (api.split("/")[0], kind) not in kinds:
            continue
        if identity not in old or identity not in new:
            what = "gone" if identity in old else "new"
            yield f"{kind} {api}: its kept schema is {what}"
            continue
        for change in property_changes(old[identity], new[identity]):
            yield f"{kind} {api}: {_field(change)}"


def _field(change: PropertyChange) -> str:
    """A changed place of a schema as the field of an object that it speaks of."""
    what = "new" if change.old == ABSENT else "gone" if change.new == ABSENT else "changed"
    parts = [part for part in change.path.split(".") if part not in ("properties", "items")]
    return f"spec.{'.'.join(parts)} {what}"


def _value_changes(before: PlannedResource, after: PlannedResource) -> Iterator[str]:
    was, becomes = (set(keys_of(each.inputs.get("values") or {})) for each in (before, after))
    if gone := sorted(was - becomes):
        yield f"given no longer: {', '.join(gone)}"
    if added := sorted(becomes - was):
        yield f"given now: {', '.join(added)}"


def _ahead(old: ChartRow | None, new: ChartRow, was: str | None) -> Iterator[str]:
    """What either revision knew of versions after the one that stands."""
    known = [*(old.ahead if old is not None else ()), *new.ahead] if was is not None else []
    yield from dict.fromkeys(f"{each.what} ({each.source})" for each in known)


def _unknown(row: ChartRow, was: str | None, facts: ChartFacts, *, told: bool) -> Iterator[str]:
    if row.definitions is None and not facts.lists_definitions:
        yield "whether it brings CRDs: its revision keeps no list of them"
    elif row.definitions is not None and not row.definitions.chart and not told:
        yield "which CRDs and API versions differ: the revisions don't list those of both versions"
    if was is not None:
        yield "values that it renamed or gave another default, and fields that no kept schema has"


def _compare(row: ChartRow, old: ChartRow | None, was: str | None, new: str) -> Iterator[str]:
    if was is None:
        return
    before, after = (old or row).at(was), row.at(new)
    yield f"diff <(helm show values {before}) <(helm show values {after})"
    # Own charts' CRDs are templates, so `helm show crds` has none of them.
    by = row.definitions.by if row.definitions is not None else None
    command = "template" if by is DefinitionsBy.TEMPLATES else "show crds"
    if row.definitions is not None and by is not DefinitionsBy.OWN_CHART:
        yield f"diff <(helm {command} {before}) <(helm {command} {after})"


def _lowered(each: ChartRaise) -> Iterator[tuple[str, str, str]]:
    if each.controller and each.is_lowered:
        yield (
            each.release,
            f"goes from {each.chart} {each.before} back to {each.after}: fields and API versions"
            " that objects have are dropped",
            "keep the newer CRDs; an older controller reads them",
        )


def _unserved(each: ChartRaise, after: PlanDocument) -> Iterator[tuple[str, str, str]]:
    """Objects of the later plan in an API version that the raised chart does not serve."""
    served = {(name.split(".", 1)[1], crd.kind): crd.serves for name, crd in each.crds.items()}
    for resource in after.resources.values():
        group, version, kind = _api_of(resource)
        serves = served.get((group, kind))
        if serves is not None and version not in serves:
            yield (
                resource.name,
                f"is a {kind} of {group}/{version}, which {each.chart} {each.after} does not serve",
                f"write it as {group}/{serves[0]}",
            )


def _api_of(resource: PlannedResource) -> tuple[str, str, str]:
    """Group, version and kind, of a custom resource's token."""
    package, _, rest = resource.type.partition(":")
    api, _, kind = rest.rpartition(":")
    group, _, version = api.partition("/")
    return (group, version, kind) if package == "kubernetes" else ("", "", "")


def _unstorable(each: ChartRaise) -> Iterator[tuple[str, str, str]]:
    """CRDs that no longer have what their objects are stored in: the API server refuses them."""
    for crd, version in each.unstorable.items():
        yield (
            each.release,
            f"{crd} no longer has {version}, in which its objects are stored: the API server"
            " refuses such a change",
            "go by a release between, which stores them in another version, and write them anew",
        )
