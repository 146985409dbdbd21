"""Rules of keys, and of secrets under them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import BUCKET, BUCKET_REPLICATION, KEY, REPLICA_KEY, STORED_SECRET
from ..shared.values import at, is_true, leaves, listed


def _rotated(resource: Resource, stack: StackResources) -> Iterator[str]:
    symmetric = at(resource.inputs, "customerMasterKeySpec", "SYMMETRIC_DEFAULT")
    if symmetric == "SYMMETRIC_DEFAULT" and not is_true(resource.inputs, "enableKeyRotation"):
        yield "is never rotated"


def _key_recoverable(resource: Resource, stack: StackResources) -> Iterator[str]:
    days = at(resource.inputs, "deletionWindowInDays", 30)
    if stack.protects_data and days < 30:
        yield f"is destroyed {days} days after its deletion"


def _secret_recoverable(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not at(resource.inputs, "kmsKeyId"):
        yield "is encrypted with the account's key, which no policy of the stack restricts"
    days = at(resource.inputs, "recoveryWindowInDays", 30)
    if stack.protects_data and days < 7:
        yield f"is gone {days} days after its deletion"


KEY_ARN = re.compile(r"arn:aws:kms:([a-z0-9-]+):\d+:(key|alias)/\S+")


def _region_of_copy(rule: Mapping[str, Any], stack: StackResources) -> str:
    """Of a rule of replication: the region of the bucket that it copies to."""
    name = str(at(rule, "destination.bucket", "")).removeprefix("arn:aws:s3:::")
    found = (each for each in stack.of_type(BUCKET) if at(each.inputs, "bucket") == name)
    return next((each.region for each in found), "")


def _used_keys(resource: Resource, stack: StackResources) -> Iterator[tuple[Any, str]]:
    """Inputs, and the region whose keys they may name."""
    if resource.type == BUCKET_REPLICATION:
        for rule in listed(resource.inputs, "rules"):
            yield rule, _region_of_copy(rule, stack)
        return
    if resource.type == STORED_SECRET:
        for replica in listed(resource.inputs, "replicas"):
            yield replica, at(replica, "region", "")
    ours = {key: value for key, value in resource.inputs.items() if key != "replicas"}
    yield ours, resource.region


def _key_of_region(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not resource.type.startswith("aws:") or resource.type == REPLICA_KEY:
        return  # a replica names its primary, which is another region's by its nature
    for inputs, region in _used_keys(resource, stack):
        for path, value in leaves(inputs):
            found = KEY_ARN.fullmatch(value) if isinstance(value, str) else None
            if found and region and found[1] != region:
                yield f"{path} names a key of {found[1]}, which nothing in {region} can use"


RULES = (
    Rule(
        id="key-rotated",
        layer=RuleLayer.STORAGE,
        demand="Every symmetric key is rotated.",
        reason="What one year's key material opened, the next one's doesn't.",
        source="AWS Security Hub, KMS.4; CIS AWS Foundations, 3.6",
        remedy="set enableKeyRotation",
        types=(KEY,),
        check=_rotated,
    ),
    Rule(
        id="key-recoverable",
        layer=RuleLayer.STORAGE,
        demand="A key's deletion can be called off for thirty days.",
        reason="With the key go the database, its snapshots and every bucket under it, for good.",
        source="KMS developer guide, Deleting keys; AWS Security Hub, KMS.3",
        remedy="set deletionWindowInDays to 30",
        types=(KEY, REPLICA_KEY),
        check=_key_recoverable,
    ),
    Rule(
        id="secret-encrypted-and-kept",
        layer=RuleLayer.STORAGE,
        demand="A secret has a key of the stack, and can be restored for a week at least.",
        reason="Who may use the key is who may read it; a deleted login is an outage.",
        source="Secrets Manager user guide, Encryption, and Delete a secret",
        remedy="set kmsKeyId, and recoveryWindowInDays to 7 or more",
        types=(STORED_SECRET,),
        check=_secret_recoverable,
    ),
    Rule(
        id="keys-of-their-region",
        layer=RuleLayer.STORAGE,
        demand="What is encrypted, and each copy of it, names a key of the region it is in.",
        reason="S3 takes such a rule of replication, and then copies nothing.",
        source="KMS developer guide, Multi-Region keys; S3 guide, Replicating encrypted objects",
        remedy="give a copy the replica of the key, as `components/recovery/` does",
        check=_key_of_region,
        whole_stack=True,
    ),
)
