"""The static bucket and its distribution, as publishing needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rendering.edge.static_bucket_policy import RELEASES_PREFIX
from rf.publish_web.frontend import REVALIDATED, FrontendFile
from rf.publish_web.releases import FrontendRelease
from rf.shared.errors import FailedError, InputError

DELETE_BATCH = 1000
"""The most keys of one DeleteObjects request (S3 API reference)."""


class PublishError(FailedError):
    """A step that AWS refused, or something that the stack names and that isn't there."""


class CredentialsMissingError(InputError):
    """The shell has no credentials for AWS."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object in the bucket."""

    digest: str
    written: datetime


class Store:
    """Reads and writes through boto3 clients of S3 and CloudFront.

    Every method raises PublishError, which says what AWS refused.
    """

    def __init__(self, s3: Any, cloudfront: Any, bucket: str, distribution_id: str) -> None:
        self._s3 = s3
        self._cloudfront = cloudfront
        self.bucket = bucket
        self.distribution_id = distribution_id

    def objects(self) -> dict[str, Stored]:
        """All objects by key."""
        with _refusals(f"list s3://{self.bucket}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            return {
                entry["Key"]: Stored(digest=entry["ETag"].strip('"'), written=entry["LastModified"])
                for page in pages
                for entry in page.get("Contents", [])
            }

    def releases(self, objects: dict[str, Stored]) -> list[FrontendRelease]:
        """The recorded releases. Raises PublishError for a record that can't be read."""
        releases = []
        for key in sorted(key for key in objects if key.startswith(RELEASES_PREFIX)):
            with _refusals(f"read {key}"):
                text = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
            try:
                releases.append(FrontendRelease.from_json(key, text))
            except ValueError as error:
                raise PublishError(str(error)) from error
        return releases

    def digest_of(self, key: str) -> str:
        """What an object holds now, as its digest."""
        with _refusals(f"look at {key}"):
            return str(self._s3.head_object(Bucket=self.bucket, Key=key)["ETag"]).strip('"')

    def put_file(self, file: FrontendFile) -> str:
        """Upload a file; the id of the new version."""
        with _refusals(f"upload {file.key}"), file.path.open("rb") as body:
            answer = self._s3.put_object(
                Bucket=self.bucket,
                Key=file.key,
                Body=body,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            )
        return str(answer.get("VersionId", ""))

    def put_record(self, release: FrontendRelease) -> None:
        """Write a release's record."""
        with _refusals(f"write {release.key}"):
            self._s3.put_object(
                Bucket=self.bucket,
                Key=release.key,
                Body=release.to_json().encode(),
                ContentType="application/json",
                CacheControl=REVALIDATED,
            )

    def take_back(self, key: str, version: str) -> None:
        """Remove one version of an object, so that the one before it is the current again."""
        with _refusals(f"take back {key}"):
            self._s3.delete_object(Bucket=self.bucket, Key=key, VersionId=version)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; the bucket keeps them as old versions for its lifecycle's time."""
        for start in range(0, len(keys), DELETE_BATCH):
            batch = [{"Key": key} for key in keys[start : start + DELETE_BATCH]]
            with _refusals(f"remove objects of {self.bucket}"):
                answer = self._s3.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True}
                )
            failed = answer.get("Errors", [])
            if failed:
                raise PublishError(f"{len(failed)} objects not deleted, first {failed[0]}")

    def invalidate(self, path: str, reference: str) -> str:
        """Make the edge forget a path; the invalidation's id. The same reference is one request."""
        with _refusals(f"invalidate {path}"):
            answer = self._cloudfront.create_invalidation(
                DistributionId=self.distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": [path]},
                    "CallerReference": reference,
                },
            )
        return str(answer["Invalidation"]["Id"])

    def invalidated(self, invalidation_id: str) -> bool:
        """Whether every edge location has forgotten it."""
        with _refusals("read the invalidation"):
            answer = self._cloudfront.get_invalidation(
                DistributionId=self.distribution_id, Id=invalidation_id
            )
        return answer["Invalidation"]["Status"].upper() == "COMPLETED"


@contextmanager
def _refusals(step: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise PublishError(f"can't {step}: {error}") from error
