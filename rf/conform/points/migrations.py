"""Points of migrations."""

from __future__ import annotations

import psycopg

from rf.conform.point import ContractPoint, Explanation
from rf.conform.seen import NotTriedError, require
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


def _version_before(trial: Trial) -> None:
    previous = trial.samples.previous
    process = trial.start_ready(previous.command if previous else None)
    patient = trial.patient()
    try:
        for name in ("write", "read"):
            answer = trial.ask(name, process, patient)
            require(
                answer.good,
                f"on the new tables the version before answered the sample `{name}` with"
                f" {answer.status}",
            )
    finally:
        process.stop()


def _older_migration(trial: Trial) -> None:
    command = trial.samples.previous.migrate if trial.samples.previous else []
    if not command:
        raise NotTriedError("the sample `previous` names no migrate")
    with trial.stand.databases.superuser() as superuser:
        before = _columns(superuser)
        failed = trial.migrate(command)
        require(not failed, f"on newer tables: {failed}")
        require(_columns(superuser) == before, "the older migration changed newer tables")


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
    ContractPoint(
        id="older-migration",
        title="the migration of the version before leaves newer tables alone",
        applications=(ORCHESTRATOR,),
        attempt=_older_migration,
        needs=("migrate", "previous"),
        explanation=Explanation(
            text="A rollback runs the older image's migration on the newer tables: what has been"
            " applied and is not among its own is no error.",
            node="const missing = own.filter((name) => !applied.includes(name))\n"
            "for (const name of missing) await apply(name) // and not a word of the others",
            python="# Alembic's upgrade refuses a revision that it doesn't know\n"
            "known = {each.revision for each in script.walk_revisions()}\n"
            "if current is None or current in known:\n"
            '    command.upgrade(config, "head")',
        ),
    ),
    ContractPoint(
        id="version-before",
        title="the version before answers on the new tables",
        applications=(ORCHESTRATOR,),
        attempt=_version_before,
        needs=("read", "write", "migrate", "previous"),
        explanation=Explanation(
            text="The migration ends before the old pods do, and a rollback starts them again. Only"
            " add: a column that may be null or has a default, a table. What nothing uses any more"
            " goes a release later; what is renamed is added, filled, and then removed.",
            node="pgm.addColumn('patients', {note: {type: 'text'}}) // no notNull, no rename",
            python='op.add_column("patients", sa.Column("note", sa.Text, nullable=True))',
        ),
    ),
)
