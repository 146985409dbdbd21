"""A group of Citus is lost with its region, and restored from the bucket's copy by the runbook.

Its servers are PostgreSQL 16 without Citus. The commands are those of docs/disaster-recovery.md.
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rf.shared.project import PROJECT_ROOT
from rf.shared.sandbox.emulator import Emulator
from rf.shared.servers.processes import Process, give_away, wait_until
from rf.shared.servers.programs import MissingServersError, Programs
from tests.played_page import played_blocks
from tests.services.citus.archives import (
    FOLDER,
    Archiver,
    Bucket,
    archivers,
    replicated_backups,
)
from tests.services.citus.group import Group, new_group, restoring_path
from tests.services.conftest import without
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services

ACCOUNT = "123456789012"
PAGE = (PROJECT_ROOT / "docs" / "disaster-recovery.md").read_text(encoding="utf-8")
BLOCKS = played_blocks("disaster-recovery.md")

IN_THE_BACKUP, IN_THE_LOG, DELETED, AFTERWARDS, NOT_COPIED = 600, 400, 700, 30, 5
"""Rows written before the base backup, after it, then deleted by mistake; and written after that,
in time to be copied and not."""

AFTER_ALL = "2100-01-01T00:00:00Z"
A_MICROSECOND_IN_UTC = "select to_char(clock_timestamp() at time zone 'UTC', %s)"
ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What is left of a group: the copy of its archive; and how its clients knew it."""

    group: Group
    copy: Bucket
    moment: str
    """Just before the rows were deleted."""

    def restored(self, data: Path, moment: str) -> Group:
        """The group to be, as whoever follows the runbook has set the variables."""
        told = {**self.copy.environment, "ARCHIVE": self.copy.archive}
        places = {"PGDATA": str(data), "MOMENT": moment}
        return replace(
            self.group, data=data, environment={**self.group.environment, **told, **places}
        )


@pytest.fixture(scope="module")
def directory(run_directory: Path) -> Path:
    return own_directory(run_directory, "restore-")


@pytest.fixture(scope="module", params=archivers())
def lost(request, planned, programs: Programs, directory: Path) -> Iterator[Lost]:
    """A story: written, backed up, damaged, backed up again, copied, and lost."""
    plan = planned("prod")
    with ExitStack() as stack:
        server = stack.enter_context(Emulator(ACCOUNT, ["s3"]))
        server.await_answer()
        backups = replicated_backups(plan, server)
        place = own_directory(directory, "lost-")
        archiver: Archiver = request.param(backups.source, place)
        group = _archiving(programs, place, plan, archiver)
        process = group.start(stack)
        process.wait_ready(group.serves)
        moment = _write_and_damage(group, archiver)
        backups.replicate()
        with group.connect() as superuser:
            _write(superuser, NOT_COPIED)
        _archive(group, archiver)
        process.signal(signal.SIGKILL)
        process.stop()
        shutil.rmtree(group.data)
        backups.lose_source()
        yield Lost(group=group, copy=backups.copy, moment=moment)


def _archiving(programs: Programs, place: Path, plan, archiver: Archiver) -> Group:
    try:
        path = restoring_path(programs)
    except MissingServersError as error:
        without(error)
    return new_group(
        programs,
        place / "data",
        {**archiver.environment, "PATH": path},
        {
            "wal_level": "logical",
            "archive_mode": "on",
            "archive_command": archiver.archive_command,
            "archive_timeout": _spec(plan, "SGPostgresConfig")["postgresql.conf"][
                "archive_timeout"
            ],
        },
    )


def _spec(plan, kind: str) -> Mapping[str, Any]:
    (spec,) = [
        resource.inputs["spec"]
        for resource in plan.resources
        if resource.inputs.get("kind") == kind
    ]
    return spec


def _write_and_damage(group: Group, archiver: Archiver) -> str:
    """The moment between what is written and what is deleted."""
    with group.connect() as superuser:
        superuser.execute(
            "create table patients (organization_id uuid, id bigserial,"
            " created_at timestamptz not null default clock_timestamp(),"
            " primary key (organization_id, id))"
        )
        _write(superuser, IN_THE_BACKUP)
        _back_up(group, archiver)
        _write(superuser, IN_THE_LOG)
        row = superuser.execute(A_MICROSECOND_IN_UTC, [ISO]).fetchone()
        assert row is not None
        superuser.execute("delete from patients where id <= %s", [DELETED])
        # The newest backup has the damage in it: it is not the one to take.
        _back_up(group, archiver)
        _write(superuser, AFTERWARDS)
    _archive(group, archiver)
    return row[0]


def _write(superuser: psycopg.Connection, rows: int) -> None:
    superuser.execute(
        "insert into patients (organization_id) select gen_random_uuid() from"
        " generate_series(1, %s)",
        [rows],
    )


def _back_up(group: Group, archiver: Archiver) -> None:
    done = group.shell(archiver.back_up)
    assert done.returncode == 0, done.stdout + done.stderr


def _archive(group: Group, archiver: Archiver) -> None:
    """Wait until all that was written is in the bucket."""
    with group.connect() as superuser:
        row = superuser.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        wait_until(
            lambda: superuser.execute(
                "select 1 from pg_stat_archiver where last_archived_wal >= %s", row
            ).fetchone(),
            f"{row[0]} is archived",
        )
    archiver.ship()


Restore = Callable[[str], tuple[Group, Process]]


@pytest.fixture
def restore(lost: Lost, directory: Path) -> Iterator[Restore]:
    """Follow the runbook to a moment, up to the server's start."""
    with ExitStack() as stack:

        def follow(moment: str) -> tuple[Group, Process]:
            place = own_directory(directory, "restored-")
            give_away(place)
            group = lost.restored(place / "data", moment)
            done = group.shell(BLOCKS["find"] + BLOCKS["fetch"])
            assert done.returncode == 0, done.stdout + done.stderr
            return group, group.start(stack, BLOCKS["start"])

        yield follow


def _rows(group: Group, process: Process) -> int:
    process.wait_ready(group.serves)
    done = group.shell(BLOCKS["look"])
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split("|")[0])


def test_rows_deleted_by_mistake_are_back_as_of_the_moment_before(lost: Lost, restore: Restore):
    group, process = restore(lost.moment)
    assert _rows(group, process) == IN_THE_BACKUP + IN_THE_LOG
    with group.connect() as superuser:
        none_is_later = "select bool_and(created_at <= %s) from patients"
        assert superuser.execute(none_is_later, [lost.moment]).fetchone() == (True,)
        # It goes on as a server of its own, and its log never comes among the lost one's.
        _write(superuser, 1)
        superuser.execute("select pg_switch_wal()")
        settings = superuser.execute("select current_setting('archive_mode')").fetchone()
    assert settings == ("off",)
    assert not [key for key in lost.copy.stored() if "/wal_005/00000002" in key]


def test_the_page_names_the_copy_and_the_files_of_the_plan(lost: Lost, planned):
    name = lost.copy.name.replace(ACCOUNT, "ACCOUNT")
    assert f"AWS_REGION={lost.copy.region} BUCKET={name}" in PAGE
    assert f"/{FOLDER}" in PAGE
    (backups,) = _spec(planned("prod"), "SGShardedCluster")["configurations"]["backups"]
    assert f"wal_005/%f.{backups['compression']}" in BLOCKS["fetch"]


def test_without_a_moment_all_is_back_that_was_copied_before_the_region_was_lost(restore: Restore):
    group, process = restore("")
    assert _rows(group, process) == IN_THE_BACKUP + IN_THE_LOG - DELETED + AFTERWARDS


def test_a_moment_that_was_not_copied_is_refused_in_the_words_of_the_runbook(restore: Restore):
    words = "recovery ended before configured recovery target was reached"
    assert words in " ".join(PAGE.split())
    _, process = restore(AFTER_ALL)
    with pytest.raises(RuntimeError, match=words):
        process.wait_ready(lambda: False)


def test_a_newest_backup_that_was_not_copied_whole_is_left_out(lost: Lost):
    bases = sorted({Path(key).parts[6] for key in lost.copy.stored() if "/tar_partitions/" in key})
    (part,) = [key for key in lost.copy.stored() if f"{bases[-1]}/tar_partitions/part_" in key]
    lost.copy.delete(part)
    done = lost.restored(lost.group.data, "").shell(BLOCKS["find"] + 'echo "$base"')
    assert done.returncode == 0, done.stderr
    _, *listed, chosen = done.stdout.splitlines()
    assert ([line.split()[-1] for line in listed], chosen) == (bases, bases[0])


def test_the_operators_objects_name_the_copy_and_no_owner_of_the_lost_cluster(
    lost: Lost, directory: Path
):
    folder = own_directory(directory, "objects-")
    saved = {"kind": "List", "items": [_sharded_backup(), _backup()]}
    (folder / "backups.json").write_text(json.dumps(saved), "utf-8")
    environment = {**lost.group.environment, **lost.copy.environment, "BUCKET": lost.copy.name}
    done = replace(lost.group, environment=environment).shell(
        f"cd {folder}\n" + BLOCKS["manifests"].replace("> site.json", "")
    )
    assert done.returncode == 0, done.stderr
    sharded, backup = json.loads(done.stdout)["items"]
    # The rest of the status is what a restore reads; nobody may change it later.
    assert sharded == {**_sharded_backup(), "metadata": {"name": "daily", "namespace": "citus"}}
    assert backup["metadata"] == {"name": "daily-coord", "namespace": "citus"}
    storage = {"bucket": lost.copy.name, "region": lost.copy.region, **USES_ROLE}
    assert backup["status"]["sgBackupConfig"] == {"storage": {"type": "s3", "s3": storage}}
    assert lost.copy.archive.endswith(backup["status"]["backupPath"])


USES_ROLE = {"awsCredentials": {"useIAMRole": True}}


def _sharded_backup() -> dict[str, Any]:
    """As the operator leaves it (StackGres 1.18.6, `create-sharded-backup.sh`)."""
    return {
        "apiVersion": "stackgres.io/v1",
        "kind": "SGShardedBackup",
        "metadata": {
            "name": "daily",
            "namespace": "citus",
            "uid": "5a1f",
            "resourceVersion": "17",
            "generation": 3,
            "creationTimestamp": "2026-11-30T02:30:00Z",
        },
        "spec": {"sgShardedCluster": "citus", "managedLifecycle": True},
        "status": {"sgBackups": ["daily-coord"], "process": {"status": "Completed"}},
    }


def _backup() -> dict[str, Any]:
    """One group's, which the sharded backup owns."""
    owner = {"kind": "SGShardedBackup", "name": "daily", "uid": "5a1f"}
    lost = {"bucket": f"researchflow-prod-citus-{ACCOUNT}-us-east-1", "region": "us-east-1"}
    return {
        "apiVersion": "stackgres.io/v1",
        "kind": "SGBackup",
        "metadata": {
            "name": "daily-coord",
            "namespace": "citus",
            "uid": "77e8",
            "resourceVersion": "18",
            "ownerReferences": [{"apiVersion": "stackgres.io/v1", **owner}],
        },
        "spec": {"sgCluster": "citus-coord", "managedLifecycle": True},
        "status": {
            "internalName": "base_000000010000000000000002",
            "backupPath": FOLDER,
            "sgBackupConfig": {"storage": {"type": "s3", "s3": {**lost, **USES_ROLE}}},
        },
    }
