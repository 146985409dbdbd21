"""Rules of keys, and of secrets under them."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import KEY, REPLICA_KEY, STORED_SECRET
from ..shared.values import at, is_true


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
)
