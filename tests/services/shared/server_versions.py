"""The servers of a run beside those that production has: at which version each, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.queue.broker import ENGINE_VERSION
from components.redis.foundation import REDIS_VERSION
from components.shared import versions
from rf.shared.servers.programs import MissingServersError, Program, find_programs
from scaleplan.cluster.charts import KUBE_PROMETHEUS_STACK
from scaleplan.images.image import own_image
from scaleplan.model import load_plan
from tests.services.observability.built import built_versions, find_built
from tests.services.observability.exporters import PROGRAMS
from tests.services.queue.rabbitmq import installed_version
from tests.unit.observability.metric_sources import SOURCES

DIFFERS = "differs"
MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class ServerVersion:
    """One server; `production` may leave out what the service chooses, as a minor version."""

    server: str
    tested: str
    production: str
    source: str

    @property
    def agrees(self) -> bool:
        """Whether the tests' is the one that production runs, as far as that is said."""
        wanted = self.production.split(".")
        return self.tested.split(".")[: len(wanted)] == wanted


def pgbouncer_version() -> str:
    """That of the image, whose tag is `vVERSION-pREBUILD`."""
    return own_image(versions.PGBOUNCER).tagged.rpartition(":v")[2].partition("-")[0]


def server_versions(folder: Path) -> list[ServerVersion]:
    """Every server of the tests marked `services`, `folder` being that of `.ci/services`."""
    return [*_services(folder), *_built()]


def version_table(rows: list[ServerVersion]) -> str:
    """A line for each; the last word of one that isn't production's is `differs`."""
    cells = [("server", "tested", "production", "by", "")]
    cells += [
        (row.server, row.tested, row.production, row.source, "" if row.agrees else DIFFERS)
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
    return "\n".join(lines)


def _services(folder: Path) -> Iterator[ServerVersion]:
    try:
        programs = find_programs(folder)
        found = [programs.pgbouncer, programs.postgres, programs.redis_server]
    except MissingServersError:
        found = [None, None, None]
    pgbouncer, postgres, redis = map(_number, found)
    yield ServerVersion(
        server="pgbouncer",
        tested=pgbouncer,
        production=pgbouncer_version(),
        source=own_image(versions.PGBOUNCER).tagged,
    )
    yield ServerVersion(
        server="postgres",
        tested=postgres,
        production=str(load_plan().replication.engine_major_version),
        source="RDS, which chooses the minor version",
    )
    yield ServerVersion(
        server="redis-server", tested=redis, production=REDIS_VERSION, source="ElastiCache"
    )
    yield ServerVersion(
        server="rabbitmq-server",
        tested=installed_version(folder) or MISSING,
        production=ENGINE_VERSION,
        source="Amazon MQ",
    )


def _number(program: Program | None) -> str:
    return ".".join(map(str, program.version)) if program else MISSING


def _built() -> Iterator[ServerVersion]:
    tables = {source.exporter: source.version for source in SOURCES}
    chart = f"{KUBE_PROMETHEUS_STACK.name} {KUBE_PROMETHEUS_STACK.version}"
    prometheus = tables["Prometheus itself"]
    production = {
        "prometheus": (prometheus, chart),
        "promtool": (prometheus, chart),
        "node_exporter": (tables["node_exporter"], chart),
    }
    for image in (
        own_image(versions.REDIS_EXPORTER).tagged,
        own_image(versions.POSTGRES_EXPORTER).tagged,
        own_image(versions.PGBOUNCER_EXPORTER).tagged,
    ):
        name, _, tag = image.rpartition(":")
        production[PROGRAMS[name]] = (tag.removeprefix("v"), image)
    for name, (version, source) in production.items():
        try:
            find_built(name)
        except MissingServersError:
            tested = MISSING
        else:
            tested = built_versions()[name]
        yield ServerVersion(server=name, tested=tested, production=version, source=source)
