"""Keys, their replicas in another region, and their aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import of_stack
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

KEY = "aws:kms/key:Key"


def _invented_alias(registration: Registration) -> Computed:
    name = registration.named()
    target = registration.text("targetKeyId")
    key_arn = target if target.startswith("arn:") else registration.arn("kms", f"key/{target}")
    return Computed(
        name, {"name": name, "arn": registration.arn("kms", name), "targetKeyArn": key_arn}
    )


def _create_alias(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 250)
    task.send("kms", "CreateAlias", inputs.rest(), AliasName=name)
    arn = f"arn:aws:kms:{task.region}:{task.account_id}:{name}"
    return Created(name, {"arn": arn, "name": name})


def _alias_state(account: Account, owner: Owner, name: str) -> Answer:
    aliases = account.listed("kms", "ListAliases", "Aliases")
    existing = [each for each in aliases if each["AliasName"] == name]
    return of_stack(
        owner,
        existing,
        lambda each: [
            {"Key": tag["TagKey"], "Value": tag["TagValue"]}
            for tag in account.listed("kms", "ListResourceTags", "Tags", KeyId=each["TargetKeyId"])
        ],
    )


def _invented_key(registration: Registration) -> Computed:
    key = registration.uuid()
    if registration.inputs.get("multiRegion"):
        key = f"mrk-{registration.hex(32)}"
    return Computed(key, {"keyId": key, "arn": registration.arn("kms", f"key/{key}")})


def _create_key(task: Task, inputs: Inputs) -> Created:
    rotates = inputs.take("enableKeyRotation")
    period = inputs.take("rotationPeriodInDays")
    # Bounds what a later deletion may do; the API takes it only then.
    inputs.drop("deletionWindowInDays", "isEnabled")
    tags = inputs.take("tags") or {}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    answer = task.send(
        "kms",
        "CreateKey",
        inputs.rest(),
        {
            "customerMasterKeySpec": "KeySpec",
            "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck",
        },
        **({"Tags": pairs} if pairs else {}),
    )["KeyMetadata"]
    if rotates:
        days = {"RotationPeriodInDays": int(period)} if period else {}
        task.call("kms", "EnableKeyRotation", KeyId=answer["KeyId"], **days)
    return Created(answer["KeyId"], {"arn": answer["Arn"], "keyId": answer["KeyId"]})


def _verify_key(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it is enabled and rotates."""
    actual = reader.read("kms", "DescribeKey", KeyId=identifier)["KeyMetadata"]
    yield "enabled", True, actual["Enabled"]
    rotation = reader.read("kms", "GetKeyRotationStatus", KeyId=identifier)
    yield "rotates", bool(inputs.get("enableKeyRotation")), rotation["KeyRotationEnabled"]


def _invented_replica_key(registration: Registration) -> Computed:
    """The same id as its primary's, in another region."""
    key = registration.text("primaryKeyArn").rsplit("/", 1)[-1]
    return Computed(key, {"keyId": key, "arn": registration.arn("kms", f"key/{key}")})


def _create_replica_key(task: Task, inputs: Inputs) -> Created:
    """KMS makes it from the primary's region, which is asked; the replica then stands in ours."""
    primary = str(inputs.take("primaryKeyArn"))
    inputs.drop("deletionWindowInDays")
    tags = inputs.take("tags") or {}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    parameters = task.api.fitted("kms", "ReplicateKey", inputs.rest())
    answer = task.api.call(
        "kms",
        "ReplicateKey",
        primary.split(":")[3],
        **parameters,
        KeyId=primary.rsplit("/", 1)[-1],
        ReplicaRegion=task.region,
        **({"Tags": pairs} if pairs else {}),
    )["ReplicaKeyMetadata"]
    arn = f"arn:aws:kms:{task.region}:{task.account_id}:key/{answer['KeyId']}"
    return Created(answer["KeyId"], {"keyId": answer["KeyId"], "arn": arn})


def _verify_replica_key(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it is there in its own region, and whose replica it is."""
    actual = reader.read("kms", "DescribeKey", KeyId=identifier)["KeyMetadata"]
    yield "enabled", True, actual["Enabled"]
    yield "multi-Region", True, actual.get("MultiRegion", NOT_SHOWN)
    yield "primary", str(inputs["primaryKeyArn"]).rsplit("/", 1)[-1], actual["KeyId"]


CARDS = (
    Card(
        type="aws:kms/alias:Alias",
        computed=_invented_alias,
        values=by_model("kms:CreateAlias", "kms:UpdateAlias"),
        lifecycle=Calls(service="kms", create="CreateAlias").lifecycle(create=_create_alias),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="a name of a key"),
        quotas=NO_QUOTA,
        naming=Naming(title="key alias", key="name", state=_alias_state),
        permissions=("kms:CreateAlias",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=KEY,
        computed=_invented_key,
        values=by_model("kms:CreateKey"),
        lifecycle=Calls(service="kms", create="CreateKey").lifecycle(create=_create_key),
        verification=Verification(kind="key", more=_verify_key),
        changes=Changes(
            holds="the key of everything that is encrypted with it",
            source=(provider("kms/key.go"),),
            properties={
                "description": IN_PLACE,
                "policy": IN_PLACE,
                "enableKeyRotation": IN_PLACE,
                "rotationPeriodInDays": IN_PLACE,
                "deletionWindowInDays": IN_PLACE,
                "tags": IN_PLACE,
                "isEnabled": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="nothing that is encrypted with it can be read",
                ),
                "bypassPolicyLockoutSafetyCheck": DANGEROUS,
                "keyUsage": REPLACE,
                "customerMasterKeySpec": REPLACE,
                "customKeyStoreId": REPLACE,
                "multiRegion": REPLACE,
            },
        ),
        price=Priced(keys=("kms:",), count=each("kms:key")),
        quotas=(
            Quota(
                service="kms",
                code="L-C2F1777E",
                name="Customer keys",
                demand=count_of(KEY),
                used=usage.keys,
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "kms:CreateKey",
            "kms:EnableKeyRotation",
            "kms:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:kms/replicaKey:ReplicaKey",
        computed=_invented_replica_key,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="kms", create="?").lifecycle(create=_create_replica_key),
        verification=Verification(kind="replica key", more=_verify_replica_key),
        changes=Changes(
            holds="the key of every copy in the recovery region",
            source=(provider("kms/replica_key.go"),),
            properties={
                "primaryKeyArn": REPLACE,
                "region": REPLACE,
                "description": IN_PLACE,
                "policy": IN_PLACE,
                "deletionWindowInDays": IN_PLACE,
                "tags": IN_PLACE,
                "enabled": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="no copy in the recovery region can be read",
                ),
                "bypassPolicyLockoutSafetyCheck": DANGEROUS,
            },
        ),
        price=Priced(keys=("kms:",), count=each("kms:key")),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "kms:ReplicateKey",
            "kms:CreateKey",
            "kms:PutKeyPolicy",
            "kms:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
