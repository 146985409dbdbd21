"""What a stack runs, by version, and which of that does not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scaleplan.cluster.charts import CHARTS, STACKGRES_OPERATOR, installed_charts
from scaleplan.config.mistakes import Mistake, shown
from scaleplan.model import load_plan
from scaleplan.settings import Settings, kubernetes_versions
from scaleplan.sizes import QueueEngine
from scaleplan.versions.table import TABLE, NeighbourNeed, Pin, PinKind, load_versions, numbers

KUBERNETES = "kubernetes"
RDS = "rds-postgresql"
CITUS_POSTGRESQL = "citus-postgresql"
OPERATOR = STACKGRES_OPERATOR.short_name

CONFIG_KEYS = {KUBERNETES: "kubernetesVersion", CITUS_POSTGRESQL: "citus.postgresVersion"}
"""What a stack chooses itself, and by which key."""

_CHARTS = {chart.short_name: chart for chart in CHARTS}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A row of the table in the version that a stack runs."""

    pin: Pin
    version: str

    def __str__(self) -> str:
        chart = _CHARTS.get(self.pin.name)
        if chart is not None and chart.version == self.version:
            return str(chart)
        return f"{self.pin.title} {self.version}"


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Two things a stack runs of which the first is not for the second in that version.

    Not `binding`: nobody has tried the two together. `admitted` is what the first is for, `source`
    who says so.
    """

    whose: Running
    neighbour: Running
    admitted: str
    source: str
    binding: bool

    def __str__(self) -> str:
        what = "is for" if self.binding else "was tested with"
        whose = f"{self.whose.pin.title} {self.whose.version}"
        return f"{whose} {what} {self.neighbour.pin.title} {self.admitted}"


def running(settings: Settings) -> tuple[Running, ...]:
    """All rows that a stack runs, in the table's order; not what stands in other files."""
    return tuple(_running(settings))


def _running(settings: Settings) -> Iterator[Running]:
    charts = {chart.short_name for chart in installed_charts(settings)}
    chosen = {
        KUBERNETES: settings.kubernetes_version,
        RDS: str(load_plan().replication.engine_major_version),
        CITUS_POSTGRESQL: settings.citus.postgres_version,
    }
    for pin in load_versions().pins:
        left_out = (
            pin.kind is PinKind.PACKAGE
            or (pin.kind is PinKind.CHART and pin.name not in charts)
            or (pin.kind is PinKind.DATABASE and not settings.sharding.present)
            or (pin.name == "amazonmq-rabbitmq" and settings.queue.engine is QueueEngine.REDIS)
            or (pin.kind is PinKind.NODE_IMAGE and not settings.nodes.karpenter)
        )
        if not left_out:
            version = chosen.get(pin.name) or pin.version_on(settings.kubernetes_version)
            yield Running(pin=pin, version=version)


def misfits(those: Iterable[Running]) -> tuple[Misfit, ...]:
    """Every pair that does not fit, or that nobody has tried, in the order of the rows."""
    by_name = {each.pin.name: each for each in those}
    return tuple(misfit for whose in by_name.values() for misfit in _misfits_of(whose, by_name))


def _misfits_of(whose: Running, by_name: Mapping[str, Running]) -> Iterator[Misfit]:
    chart, kubernetes = _CHARTS.get(whose.pin.name), by_name.get(KUBERNETES)
    if chart is not None and kubernetes is not None and not chart.admits(kubernetes.version):
        yield Misfit(
            whose=whose,
            neighbour=kubernetes,
            admitted=str(chart.kube_version),
            source=whose.pin.source,
            binding=True,
        )
    for need in whose.pin.needs:
        neighbour = by_name.get(need.of)
        if neighbour is not None and not need.admits(neighbour.version, own=whose.version):
            yield Misfit(
                whose=whose,
                neighbour=neighbour,
                admitted=_admitted(need, whose),
                source=need.source or whose.pin.source,
                binding=need.binding,
            )


def _admitted(need: NeighbourNeed, whose: Running) -> str:
    if need.same:
        return whose.version
    return f"{whose.version} and later" if need.not_older else str(need)


def in_version(those: Iterable[Running], name: str, version: str) -> tuple[Running, ...]:
    """The same with one row in another version; add-ons as they would follow Kubernetes."""
    follows = name == KUBERNETES
    return tuple(
        replace(each, version=version)
        if each.pin.name == name
        else replace(each, version=each.pin.by_kubernetes.get(version, each.version))
        if follows and each.pin.by_kubernetes
        else each
        for each in those
    )


def refusing(those: Iterable[Running], name: str, version: str) -> tuple[Misfit, ...]:
    """What of it would not take the row in that version."""
    return tuple(
        each
        for each in misfits(in_version(those, name, version))
        if each.binding and name in (each.whose.pin.name, each.neighbour.pin.name)
    )


def choices(name: str) -> list[str]:
    """The versions of a row that a stack may name, as far as its neighbours go."""
    if name == KUBERNETES:
        return kubernetes_versions()
    return [
        version
        for pin in load_versions().pins
        for need in pin.needs
        if need.of == name
        for version in need.only
    ]


def version_mistakes(settings: Settings, prefix: str) -> list[Mistake]:
    """A mistake for each version that does not fit, at the key that a stack can change, else at its
    row of the table; it names the versions that would do."""
    those = running(settings)
    by_row: dict[str, list[Misfit]] = {}
    for misfit in misfits(those):
        if misfit.binding:
            names = (misfit.neighbour.pin.name, misfit.whose.pin.name)
            blamed = next((name for name in names if name in CONFIG_KEYS), names[1])
            by_row.setdefault(blamed, []).append(misfit)
    return [
        _mistake(those, name, found, prefix=prefix, stack=name in CONFIG_KEYS)
        for name, found in by_row.items()
    ]


def _mistake(
    those: tuple[Running, ...], name: str, found: list[Misfit], *, prefix: str, stack: bool
) -> Mistake:
    version = next(each.version for each in those if each.pin.name == name)
    if not stack:
        allowed = "a version that fits: " + "; ".join(map(str, found))
        return Mistake(key=f"{TABLE}: {name}", value=shown(version), allowed=allowed)
    fitting = [each for each in choices(name) if not refusing(those, name, each)]
    because = "; ".join(dict.fromkeys(_reason(each) for each in found))
    return Mistake(
        key=f"{prefix}:{CONFIG_KEYS[name]}",
        value=shown(version),
        allowed=f"{', '.join(fitting) or 'none'}, because the stack installs {because}",
        nearest=_nearest(version, fitting),
    )


def _nearest(version: str, fitting: Sequence[str]) -> str | None:
    """The newest that is no newer, else the oldest; None where none fits."""
    older = [each for each in fitting if numbers(each) <= numbers(version)]
    return max(older, key=numbers) if older else min(fitting, key=numbers, default=None)


def _reason(misfit: Misfit) -> str:
    # A chart says in its own words what Kubernetes it is for.
    if misfit.whose.pin.kube_version and misfit.neighbour.pin.name == KUBERNETES:
        return str(misfit.whose)
    if misfit.whose.pin.name == OPERATOR:
        return f"{misfit.whose}, which knows these"
    return str(misfit)
