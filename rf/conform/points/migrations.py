"""Points of migrations."""

from __future__ import annotations

import psycopg

from rf.conform.point import ContractPoint, Explanation
from rf.conform.seen import require
from rf.conform.trial import Trial
from scaleplan.applications.workloads import ORCHESTRATOR

_COLUMNS = (
    "select table_schema, table_name, column_name, data_type, is_nullable, column_default"
    " from information_schema.columns"
    " where table_schema not in ('pg_catalog', 'information_schema') order by 1, 2, 3"
)


def _repeats(trial: Trial) -> None:
    with trial.stand.databases.superuser() as superuser:
        before = _columns(superuser)
        failed = trial.migrate(trial.samples.migrate)
        require(not failed, f"run a second time: {failed}")
        require(
            _columns(superuser) == before, "run a second time, the migration changed tables again"
        )


def _columns(superuser: psycopg.Connection) -> list[tuple[object, ...]]:
    return superuser.execute(_COLUMNS).fetchall()


POINTS = (
    ContractPoint(
        id="migration-repeats",
        title="its migration may run again",
        applications=(ORCHESTRATOR,),
        attempt=_repeats,
        needs=("migrate",),
        explanation=Explanation(
            text="A Job is tried again when its node is lost, and an image is rolled out again:"
            " keep what has been applied in a table, and leave it alone.",
            node="await runner({direction: 'up', migrationsTable: 'migrations'})  //"
            " node-pg-migrate",
            python='command.upgrade(config, "head")  # Alembic keeps alembic_version',
        ),
    ),
)
