"""Buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import ABSENT, FREE, owned
from rf.shared.account.unreadable import GLOBAL_REGION, UnreadableError
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, Name, change, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import USAGE
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="S3, making and configuring buckets in any region",
    service="s3",
    goes_on="objects are read, written and replicated between other regions",
    operations=("CreateBucket", "DeleteBucket", "PutBucket", "PutPublicAccessBlock"),
)

BUCKET = "aws:s3/bucket:Bucket"

FIRST_REGION = "us-east-1"
"""S3 wants no location for its first region, and leaves it out where it names the region."""


def _invented_bucket(registration: Registration) -> Computed:
    name = registration.named("bucket")
    return Computed(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{registration.where}.amazonaws.com",
            "hostedZoneId": "Z3AQBSTGFYJSTF",
        },
    )


def _with_location(task: Task, inputs: Inputs) -> None:
    if task.region != FIRST_REGION:
        inputs["createBucketConfiguration"] = {"locationConstraint": task.region}


_BUCKET = Calls(
    service="s3",
    create="CreateBucket",
    # Not HeadBucket: its refusal has no body that could say why.
    read="GetBucketLocation",
    delete="DeleteBucket",
    name=Name(key="bucket", parameter="Bucket", limit=63),
    renames={"objectLockEnabled": "ObjectLockEnabledForBucket"},
    provider_only=("forceDestroy",),
    prepare=_with_location,
    outputs={
        "arn": "arn:aws:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
    },
)


def _create_bucket(task: Task, inputs: Inputs) -> Created:
    """The bucket, and then its tags."""
    tags = inputs.take("tags") or {}
    created = make(_BUCKET, task, inputs)
    if tags:
        _tag(task, created.id, tags)
    return created


def _update_bucket(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Tags are put as a whole."""
    tags = inputs.take("tags") or {}
    if tags:
        _tag(task, standing.id, tags)
    elif standing.inputs.get("tags"):
        task.call("s3", "DeleteBucketTagging", Bucket=standing.id)
    return change(_BUCKET, task, standing, inputs)


def _tag(task: Task, bucket: str, tags: Mapping[str, str]) -> None:
    task.send("s3", "PutBucketTagging", {"tagging": {"tagSet": tags}}, Bucket=bucket)


def _delete_bucket(task: Task, standing: Standing) -> None:
    """S3 deletes none that holds something: it is emptied first, where the program says so."""
    if standing.inputs.get("forceDestroy"):
        try:
            _empty(task, standing.id)
        except RequestError as error:
            if not error.says_gone:
                raise
    take_away(_BUCKET, task, standing)


def _empty(task: Task, bucket: str) -> None:
    """Take away every version of every object, and the marks of deleted ones."""
    more = True
    while more:
        page = task.call("s3", "ListObjectVersions", Bucket=bucket).data
        objects = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        if objects:
            task.call("s3", "DeleteObjects", Bucket=bucket, Delete={"Objects": objects})
        more = bool(page.get("IsTruncated"))


def _region(
    reader: Reader, _identifier: str, _inputs: Mapping[str, Any], reading: Reading
) -> Iterator[Comparison]:
    """That it exists, in the region it should."""
    yield "region", reader.region, reading.thing.get("LocationConstraint") or FIRST_REGION


def _whole_account(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """The plan's buckets and no other."""
    planned = sorted(resource.resource_id for resource in reader.plan.of_type(BUCKET))
    actual = sorted(bucket["Name"] for bucket in reader.read("s3", "ListBuckets")["Buckets"])
    yield "bucket", "names", planned, actual


def _bucket_state(account: Account, owner: Owner, name: str) -> Answer:
    """Buckets share one space of names with everybody's."""
    try:
        account.read("s3", "GetBucketLocation", Bucket=name)
    except UnreadableError as error:
        if error.code in ABSENT:
            return True, FREE
        if error.code == "AccessDenied":
            return False, "another account has it, or these credentials may not look at it"
        raise
    try:
        tags = account.listed("s3", "GetBucketTagging", "TagSet", Bucket=name)
    except UnreadableError as error:
        if error.code != "NoSuchTagSet":
            raise
        tags = []
    return owned(fine=owner.tagged(tags))


CARDS = (
    Card(
        type=BUCKET,
        computed=_invented_bucket,
        values=by_model("s3:CreateBucket"),
        lifecycle=_BUCKET.lifecycle(
            create=_create_bucket, update=_update_bucket, delete=_delete_bucket
        ),
        creation=SECONDS,
        verification=Verification(kind="bucket", more=_region, world=_whole_account),
        changes=Changes(
            holds="objects",
            source=(provider("s3/bucket.go"),),
            properties={
                "bucket": REPLACE,
                "bucketPrefix": REPLACE,
                "objectLockEnabled": REPLACE,
                "forceDestroy": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take every object with it",
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("s3:",), count=USAGE),
        quotas=(
            Quota(
                service="s3",
                code="L-DC2B2D3D",
                name="General purpose buckets",
                demand=count_of(BUCKET),
                used=usage.named("s3", "ListBuckets", "Buckets", "Name", region=GLOBAL_REGION),
                region=GLOBAL_REGION,
            ),
        ),
        naming=Naming(title="bucket", key="bucket", state=_bucket_state),
        permissions=(
            "s3:CreateBucket",
            "s3:PutBucketTagging",
        ),
        residency=IN_REGION,
        control_plane=CONTROL_PLANE,
    ),
)
