"""Two emulated regions with the buckets of a plan, and what writes a server's archive into them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rf.shared.plan import RecordedPlan
from rf.shared.sandbox.api import ACCESS_KEY, SECRET_KEY, Api
from rf.shared.sandbox.emulator import Server
from rf.shared.servers.processes import give_away

FOLDER = "sgbackups.stackgres.io/citus/citus-coord/2026-11-01-02-30-00/16"
"""Where a group's archive begins: namespace, group, when its cluster was made, PostgreSQL's major
version (StackGres 1.18, `BackupStorageUtil.getPath`)."""

REPLICATION = "recovery-citus-replication"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket with versions, as the plan says, in its region."""

    name: str
    region: str
    server: Server

    @property
    def archive(self) -> str:
        return f"s3://{self.name}/{FOLDER}"

    @property
    def environment(self) -> Mapping[str, str]:
        """How the AWS CLI reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
        }

    @property
    def client(self) -> Any:
        return Api(self.server, self.region).client("s3")

    def stored(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def delete(self, *endings: str) -> None:
        """Every object whose key ends so."""
        for key in self.stored():
            if key.endswith(endings):
                self.client.delete_object(Bucket=self.name, Key=key)


@dataclass(frozen=True, kw_only=True)
class ReplicatedBackups:
    """The bucket that Citus' servers write to, and its copy in the recovery region."""

    source: Bucket
    copy: Bucket

    def replicate(self) -> None:
        """What S3 does by the plan's rule, which names no prefix: every object that is new. The
        emulator keeps such a rule and copies nothing."""
        there = set(self.copy.stored())
        for key in self.source.stored():
            if key not in there:
                self.copy.client.copy_object(
                    Bucket=self.copy.name,
                    Key=key,
                    CopySource={"Bucket": self.source.name, "Key": key},
                )

    def lose_source(self) -> None:
        """The region, with all that is in the bucket."""
        client = self.source.client
        versions = client.list_object_versions(Bucket=self.source.name)
        assert not versions["IsTruncated"]
        for version in versions["Versions"]:
            client.delete_object(
                Bucket=self.source.name, Key=version["Key"], VersionId=version["VersionId"]
            )
        client.delete_bucket(Bucket=self.source.name)


def replicated_backups(plan: RecordedPlan, server: Server) -> ReplicatedBackups:
    """Both buckets, made as the plan says."""
    inputs = {resource.name: resource.inputs for resource in plan.resources}
    (provider,) = plan.of_type("pulumi:providers:aws")
    (rule,) = inputs[REPLICATION]["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {"prefix": ""})
    source = inputs["citus-backups-bucket"]["bucket"]
    copy = inputs["recovery-citus-bucket"]
    assert inputs[REPLICATION]["bucket"] == source
    assert rule["destination"]["bucket"] == f"arn:aws:s3:::{copy['bucket']}"
    made = ReplicatedBackups(
        source=_made(server, source, provider.inputs["region"]),
        copy=_made(server, copy["bucket"], copy["region"]),
    )
    assert made.source.region != made.copy.region
    return made


def _made(server: Server, name: str, region: str) -> Bucket:
    bucket = Bucket(name=name, region=region, server=server)
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    bucket.client.create_bucket(
        Bucket=name, **({"CreateBucketConfiguration": where} if where else {})
    )
    versions = {"Status": "Enabled"}
    bucket.client.put_bucket_versioning(Bucket=name, VersioningConfiguration=versions)
    return bucket


class Archiver(Protocol):
    """What writes base backups and log into a bucket, by commands of a shell."""

    environment: Mapping[str, str]
    archive_command: str
    back_up: str

    def ship(self) -> None:
        """Return once all that was written is in the bucket."""
        ...


class PlainTools:
    """Writes what WAL-G 3.0.8 does, by PostgreSQL's own tools: a base backup is tar files and a
    sentinel that comes last and tells of them; a segment of the log is one object. WAL-G splits
    what is more than 1 GB, and has `pg_control` and `backup_label` in files of their own.
    """

    def __init__(self, bucket: Bucket, scratch: Path) -> None:
        self._bucket, self._spool = bucket, scratch / "spool"
        for folder in (self._spool, self._spool / "wal_005", self._spool / "basebackups_005"):
            folder.mkdir()
            give_away(folder)
        self.environment = {"SPOOL": str(self._spool)}

    archive_command = 'lz4 -qc "%p" >"$SPOOL/wal_005/%f.lz4"'
    back_up = r"""
parts=$SPOOL/basebackups_005/new/tar_partitions
mkdir -p "$parts"
pg_basebackup --pgdata=- --format=tar --wal-method=none --checkpoint=fast --no-manifest |
  lz4 -qc >"$parts/part_001.tar.lz4"
first=$(lz4 -dc "$parts/part_001.tar.lz4" | tar -xO backup_label |
  sed -n 's/^START WAL LOCATION:.*(file \(.*\))$/\1/p')
printf '{"FinishTime":"%s","CompressedSize":%s}' \
  "$(date -u +%FT%T.%6NZ)" "$(stat -c %s "$parts/part_001.tar.lz4")" \
  >"$SPOOL/basebackups_005/base_${first}_backup_stop_sentinel.json"
mv "$SPOOL/basebackups_005/new" "$SPOOL/basebackups_005/base_$first"
"""

    def ship(self) -> None:
        for file in sorted(self._spool.rglob("*")):
            if file.is_file():
                key = f"{FOLDER}/{file.relative_to(self._spool)}"
                self._bucket.client.upload_file(str(file), self._bucket.name, key)
                file.unlink()


class WalG:
    """WAL-G itself, with what StackGres tells it (`AbstractBackupConfigMap`)."""

    def __init__(self, bucket: Bucket, _scratch: Path) -> None:
        self.environment = {
            **bucket.environment,
            "WALG_S3_PREFIX": bucket.archive,
            "WALG_COMPRESSION_METHOD": "lz4",
            "AWS_ENDPOINT": bucket.server.endpoint,
            "AWS_S3_FORCE_PATH_STYLE": "true",
        }

    archive_command = 'wal-g wal-push "%p"'
    back_up = 'wal-g backup-push "$PGDATA" -f'

    def ship(self) -> None:
        """It writes to the bucket itself."""


def archivers() -> Sequence[type[PlainTools | WalG]]:
    """WAL-G where somebody has put it on PATH: Go's module registry doesn't serve it to all."""
    return [PlainTools, WalG] if shutil.which("wal-g") else [PlainTools]
