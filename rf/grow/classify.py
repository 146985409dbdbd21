"""What becomes of every resource between two plans, and what of that must not happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Any

from rf.grow.chart_facts import NO_FACTS, ChartFacts
from rf.grow.chart_raises import ChartRaise, chart_raises, raise_findings
from rf.grow.citus_skips import version_findings
from rf.grow.claims import claim_mistake
from rf.grow.difference import Pair, PlanDifference, difference_of
from rf.grow.stage import shard_count_findings, stage_findings
from rf.grow.temporal import history_findings
from rf.local.pulumi import PROVIDER
from rf.shared.cards.changes import Effect, Ruling
from rf.shared.cards.diff import is_below, ruling_of
from rf.shared.cards.property_changes import PropertyChange, property_changes
from rf.shared.cards.registry import changes_of, holds
from rf.shared.plan_document import PlanDocument, PlannedResource

_NAMES = ("identifier", "replicationGroupId", "brokerName", "bucket", "name")
"""Inputs that name a resource at AWS."""

COMPUTED = "(known after it is made)"
"""Stands for the new value of a property that follows a replaced resource."""


NOT_COMPARED = "not compared: one of the revisions can't tell a changed one from one that stays"
"""Said of secrets where `Step.secrets_compared` is not."""


class Kind(StrEnum):
    """What happens to one resource, the mildest first."""

    IN_PLACE = "in place"
    RESTART = "in place with an interruption"
    ACTION = "in place after an action by hand"
    MOVE = "moved by an alias"
    CREATE = "create"
    PROMOTE = "promotion of a replica"
    CANNOT = "can't be done"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One changed property and what it does."""

    change: PropertyChange
    ruling: Ruling


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource that is not the same in both plans.

    `physical_name` is its name at AWS where the program gives one, `window` its weekly maintenance
    window, in UTC.
    """

    urn: str
    type: str
    name: str
    layer: str
    kind: Kind
    stateful: bool
    physical_name: str = ""
    window: str = ""
    properties: tuple[Judged, ...] = ()

    @property
    def outage(self) -> str:
        """How long the interruption of an update is; empty where there is none."""
        return "; ".join(
            dict.fromkeys(each.ruling.outage for each in self.properties if each.ruling.outage)
        )

    @property
    def actions(self) -> tuple[str, ...]:
        """Commands to run, in this order, before the change is deployed."""
        return tuple(command for each in self.properties for command in each.ruling.actions)


@dataclass(frozen=True, kw_only=True)
class GrowthFinding:
    """Something that must not happen: the resource, what would happen, and what to do instead.

    `way` has the steps of what to do, where there is a way to the new value all the same.
    """

    resource: str
    what: str
    remedy: str
    way: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GrowthStep:
    """From one plan to the next: every change, and what speaks against it.

    `charts` are the releases in another version. `secrets_compared` is whether changed secrets are
    among the changes: a revision from before secrets had digests says nothing of its own.
    """

    before: str
    after: str
    changes: tuple[ResourceChange, ...]
    findings: tuple[GrowthFinding, ...]
    charts: tuple[ChartRaise, ...] = ()
    secrets_compared: bool = True

    def count(self, kind: Kind) -> int:
        """How many resources that happens to."""
        return sum(change.kind is kind for change in self.changes)

    @property
    def safe(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.findings


def step_between(
    before: PlanDocument,
    after: PlanDocument,
    *,
    names: tuple[str, str] | None = None,
    facts: tuple[ChartFacts, ChartFacts] = (NO_FACTS, NO_FACTS),
) -> GrowthStep:
    """Classify everything between two plans; `names` say what they are, else their sizes do.

    `facts` are what the files of either plan's revision say of charts.
    """
    difference = difference_of(before, after)
    changes = tuple(_changes(difference, before, after))
    charts = chart_raises(before, after, facts)
    findings = (
        *stage_findings_of(before, after),
        *(
            GrowthFinding(resource=resource, what=what, remedy=remedy)
            for resource, what, remedy in raise_findings(charts, after)
        ),
        *_lost_protection(difference),
        *_dangers(changes),
        *_held_back_claims(changes, before, after),
        *_in_their_own_way(changes, after),
    )
    return GrowthStep(
        before=names[0] if names else before.size,
        after=names[1] if names else after.size,
        changes=changes,
        findings=findings,
        charts=charts,
        secrets_compared=before.secrets_comparable and after.secrets_comparable,
    )


def stage_findings_of(before: PlanDocument, after: PlanDocument) -> Iterator[GrowthFinding]:
    """What Citus, its operator and Temporal forbid: a skipped stage, another number of shards,
    another store, a version that can't be reached so."""
    for resource, what, remedy in (
        *stage_findings(before, after),
        *shard_count_findings(before, after),
        *history_findings(before, after),
        *version_findings(before, after),
    ):
        yield GrowthFinding(resource=resource, what=what, remedy=remedy)


def is_stateful(resource: PlannedResource) -> bool:
    """Whether something is lost with it: by its type, or because the program protects it."""
    return resource.protect or bool(holds(resource.type))


def _changes(
    difference: PlanDifference, before: PlanDocument, after: PlanDocument
) -> Iterator[ResourceChange]:
    for resource in difference.created:
        if not resource.type.startswith(PROVIDER):
            yield _whole(resource, after, Kind.CREATE)
    for resource in difference.deleted:
        if not resource.type.startswith(PROVIDER):
            yield _whole(resource, before, Kind.DELETE)
    replaced: dict[str, str] = {}
    for pair in _dependencies_first(difference.pairs):
        manager = after.resources.get(pair.after.provider)
        judged = tuple(_judged(pair, replaced, manager.inputs if manager else {}))
        kind = _kind_of(judged, moved=pair.moved)
        if kind is Kind.REPLACE:
            replaced[pair.after.urn] = pair.after.name
        if kind is not None and not _is_quiet_provider(pair.after, judged):
            yield _whole(pair.after, after, kind, judged, before=pair.before)


def _is_quiet_provider(resource: PlannedResource, judged: Sequence[Judged]) -> bool:
    """A provider whose change touches nothing by itself."""
    endangers = any(each.ruling.effect is Effect.DANGEROUS for each in judged)
    return resource.type.startswith(PROVIDER) and not endangers


def _whole(
    resource: PlannedResource,
    plan: PlanDocument,
    kind: Kind,
    judged: tuple[Judged, ...] = (),
    before: PlannedResource | None = None,
) -> ResourceChange:
    return ResourceChange(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        layer=plan.layer_of(resource.urn),
        kind=kind,
        stateful=is_stateful(resource) or (before is not None and is_stateful(before)),
        physical_name=next(
            (str(resource.inputs[key]) for key in _NAMES if resource.inputs.get(key)), ""
        ),
        window=str(resource.inputs.get("maintenanceWindow", "")),
        properties=judged,
    )


def _judged(
    pair: Pair, replaced: Mapping[str, str], provider: Mapping[str, Any]
) -> Iterator[Judged]:
    changes = [
        change
        for change in property_changes(pair.before.inputs, pair.after.inputs)
        if not is_below(change, pair.after.ignore_changes)
    ]
    # Below a name that changes too: a Job that gets another deadline is not made anew for that.
    changed = {change.path for change in changes}
    for name, urns in sorted(pair.after.property_dependencies.items()):
        made_anew = next((urn for urn in urns if urn in replaced), None)
        if made_anew is not None and name not in changed:
            changes.append(
                PropertyChange(
                    path=name,
                    old=pair.before.inputs.get(name),
                    new=COMPUTED,
                    follows=replaced[made_anew],
                )
            )
    for change in changes:
        ruling = ruling_of(
            pair.after.type,
            change,
            provider=provider,
            inputs=pair.after.inputs,
            made_anew=_is_made_anew(change, pair.after.replace_on_changes),
        )
        yield Judged(change=change, ruling=ruling)


def _is_made_anew(change: PropertyChange, paths: Sequence[str]) -> bool:
    """Whether the program has the resource made anew for the change: of what `paths` name, or of
    an object that holds it and follows another resource whole."""
    inside = any(path.startswith(f"{change.bare_path}.") for path in paths)
    return is_below(change, paths) or (bool(change.follows) and inside)


_KINDS = {
    Effect.REPLACE: Kind.REPLACE,
    Effect.REFUSED: Kind.CANNOT,
    Effect.PROMOTE: Kind.PROMOTE,
    Effect.RESTART: Kind.RESTART,
    Effect.DANGEROUS: Kind.IN_PLACE,
    Effect.IN_PLACE: Kind.IN_PLACE,
}
"""What an effect makes of its resource; the first that one of its properties has decides."""


def _kind_of(judged: Sequence[Judged], *, moved: bool) -> Kind | None:
    effects = {each.ruling.effect for each in judged}
    kind = next((kind for effect, kind in _KINDS.items() if effect in effects), None)
    if kind is None:
        return Kind.MOVE if moved else None
    acts = any(each.ruling.actions for each in judged)
    return Kind.ACTION if acts and kind in (Kind.RESTART, Kind.IN_PLACE) else kind


def _dependencies_first(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs so that what another needs comes before it."""
    by_urn = {pair.after.urn: pair for pair in sorted(pairs, key=lambda pair: pair.after.urn)}
    needs = {
        urn: [need for need in pair.after.dependencies if need in by_urn]
        for urn, pair in by_urn.items()
    }
    yield from (by_urn[urn] for urn in TopologicalSorter(needs).static_order())


def _lost_protection(difference: PlanDifference) -> Iterator[GrowthFinding]:
    for pair in difference.pairs:
        if pair.before.protect and not pair.after.protect:
            yield GrowthFinding(
                resource=pair.after.name,
                what=f"{pair.after.type} loses its protection: a later step could delete it",
                remedy="keep protectData true; to give a stack up for good, unprotect it by hand",
            )


def _dangers(changes: Iterable[ResourceChange]) -> Iterator[GrowthFinding]:
    for change in changes:
        lost = holds(change.type) or "it is protected"
        if change.kind is Kind.DELETE and change.stateful:
            yield GrowthFinding(
                resource=change.name,
                what=f"{change.type} would be deleted ({lost})",
                remedy="if it only got another name, give it an alias of the old one; if it must"
                " go, keep its data first and unprotect it by hand",
            )
        for each in change.properties:
            finding = _danger(change, each, lost) if _matters(change, each) else None
            if finding is not None:
                yield finding


def _held_back_claims(
    changes: Iterable[ResourceChange], before: PlanDocument, after: PlanDocument
) -> Iterator[GrowthFinding]:
    for change in changes:
        for each in change.properties:
            mistake = claim_mistake(after.resources[change.urn], each.change, each.ruling, before)
            if mistake is not None:
                why, way = mistake
                yield GrowthFinding(
                    resource=change.name,
                    what=f"{each.change.path} grows, and its claims can't follow: {why}",
                    remedy="keep the old value, or go the way below",
                    way=way,
                )


def _in_their_own_way(
    changes: Iterable[ResourceChange], after: PlanDocument
) -> Iterator[GrowthFinding]:
    """What is made anew before the old one goes, though both can't be there."""
    for change in changes:
        rules = changes_of(change.type) if change.kind is Kind.REPLACE else None
        if rules and rules.alone and not after.resources[change.urn].delete_before_replace:
            yield GrowthFinding(
                resource=change.name,
                what=f"the {change.type} would be made anew beside the old one: {rules.alone}",
                remedy="have the program delete the old one first",
                way=(
                    "set deleteBeforeReplace on the resource, and deploy that by itself",
                    "then make the change",
                ),
            )


def _matters(change: ResourceChange, judged: Judged) -> bool:
    """Whether the effect harms: a new resource for one that holds nothing does not, nor what is
    refused of one that is made anew anyway."""
    match judged.ruling.effect:
        case Effect.REPLACE:
            return change.stateful
        case Effect.REFUSED:
            return change.kind is not Kind.REPLACE
        case _:
            return True


def _of_region(source: Any) -> str:
    """Whose replica it is, where its source is named by ARN, as in another region."""
    parts = str(source).split(":")
    return f" of {parts[-1]} in {parts[3]}" if len(parts) > 5 and parts[0] == "arn" else ""


def _danger(change: ResourceChange, judged: Judged, lost: str) -> GrowthFinding | None:
    effect, path = judged.ruling.effect, judged.change.path
    because = f": {judged.ruling.why}" if judged.ruling.why else ""
    follows = judged.change.follows
    cause = f"{path}, which follows the replaced {follows}," if follows else f"{path}"
    match effect:
        case Effect.REPLACE:
            what = f"{cause} would replace the {change.type} ({lost}){because}"
            remedy = "keep the old value, or move the data to a new resource beside it"
        case Effect.REFUSED:
            what = f"{cause} can't be changed so{because}"
            remedy = "keep the old value, or go the way below"
        case Effect.DANGEROUS:
            what = f"{cause} changes in place, and endangers the {change.type}{because}"
            remedy = "keep the old value, or do it by hand with a backup and a way back"
        case Effect.PROMOTE:
            what = f"{cause} promotes the replica{_of_region(judged.change.old)}{because}"
            remedy = (
                "keep replicateSourceDb; a promotion belongs to the recovery from a disaster,"
                " and nothing leads back but a new replica (docs/disaster-recovery.md)"
            )
        case _:
            return None
    way = judged.ruling.way
    return GrowthFinding(resource=change.name, what=what, remedy=remedy, way=way)
