"""Keys, their replicas in another region, and their aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import of_stack
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import (
    Calls,
    Name,
    Tagging,
    differing,
    look_up,
    make,
    retag,
    shown,
    take_away,
)
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification, always
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

KEY = "aws:kms/key:Key"


def _invented_alias(registration: Registration) -> Computed:
    name = registration.named()
    target = registration.text("targetKeyId")
    key_arn = target if target.startswith("arn:") else registration.arn("kms", f"key/{target}")
    return Computed(
        name, {"name": name, "arn": registration.arn("kms", name), "targetKeyArn": key_arn}
    )


_ALIAS = Calls(
    service="kms",
    create="CreateAlias",
    read="ListAliases",
    update="UpdateAlias",
    delete="DeleteAlias",
    name=Name(parameter="AliasName", limit=250),
    renames={"name": "AliasName"},
    outputs={"arn": "arn:aws:kms:{region}:{account}:{name}"},
)


def _read_alias(task: Task, standing: Standing) -> Reading | None:
    """KMS looks none up by its name: it is one of all."""
    page: Mapping[str, Any] = {"Truncated": True}
    following: dict[str, Any] = {}
    while page.get("Truncated"):
        page = task.call("kms", "ListAliases", **following).data
        for alias in page["Aliases"]:
            if alias["AliasName"] == standing.id:
                return Reading(thing=alias, shown=shown(_ALIAS, task, "Aliases.0", alias, standing))
        following = {"Marker": page.get("NextMarker")}
    return None


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


_POLICY = "default"
"""The name of each key's policy; there is no other."""


_ROTATION = ("enableKeyRotation", "rotationPeriodInDays")


_TAGGING = Tagging(
    add="TagResource",
    remove="UntagResource",
    read="ListResourceTags",
    found="Tags",
    by="KeyId",
    of="{id}",
)


_KEY = Calls(
    service="kms",
    create="CreateKey",
    read="DescribeKey",
    delete="ScheduleKeyDeletion",
    identifier="KeyId",
    by={"KeyId": "{id}"},
    gone={"KeyState": "PendingDeletion"},
    renames={"customerMasterKeySpec": "KeySpec", "isEnabled": "Enabled"},
    outputs={"arn": "Arn", "keyId": "KeyId"},
    provider_only=("deletionWindowInDays", "isEnabled", *_ROTATION),
    tagging=_TAGGING,
)


def _create_key(task: Task, inputs: Inputs) -> Created:
    """The key, which then is set to rotate, or switched off."""
    given = dict(inputs)
    created = make(_KEY, task, inputs)
    if given.get("enableKeyRotation"):
        _set_rotation(task, created.id, given)
    if given.get("isEnabled") is False:
        task.call("kms", "DisableKey", KeyId=created.id)
    return created


def _set_rotation(task: Task, key: str, inputs: Mapping[str, Any]) -> None:
    if not inputs.get("enableKeyRotation"):
        task.call("kms", "DisableKeyRotation", KeyId=key)
        return
    period = inputs.get("rotationPeriodInDays")
    days = {"RotationPeriodInDays": int(period)} if period else {}
    task.call("kms", "EnableKeyRotation", KeyId=key, **days)


def _read_with_policy(calls: Calls, task: Task, standing: Standing) -> Reading | None:
    reading = look_up(calls, task, standing)
    if reading is None:
        return None
    policy = task.call("kms", "GetKeyPolicy", KeyId=standing.id, PolicyName=_POLICY)
    return reading.showing(standing, policy=policy["Policy"])


def _read_key(task: Task, standing: Standing) -> Reading | None:
    """Its policy and its rotation too, which are asked for alone."""
    reading = _read_with_policy(_KEY, task, standing)
    if reading is None:
        return None
    rotation = task.call("kms", "GetKeyRotationStatus", KeyId=standing.id).data
    return replace(reading, thing={**reading.thing, **rotation}).showing(
        standing,
        enableKeyRotation=rotation.get("KeyRotationEnabled"),
        rotationPeriodInDays=rotation.get("RotationPeriodInDays"),
    )


def _update_key(switch: str, task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Each property by an operation of its own. A key that is off takes none of them, so that it is
    switched on first, and off last."""
    retag("kms", _TAGGING, task, standing, inputs.take("tags") or {})
    wanted = inputs.rest()
    changed = differing(standing.inputs, wanted)
    if changed.get(switch):
        task.call("kms", "EnableKey", KeyId=standing.id)
    if any(wanted.get(key) != standing.inputs.get(key) for key in _ROTATION):
        _set_rotation(task, standing.id, wanted)
    if "description" in changed:
        task.call(
            "kms",
            "UpdateKeyDescription",
            KeyId=standing.id,
            Description=changed["description"],
        )
    if "policy" in changed:
        task.call(
            "kms",
            "PutKeyPolicy",
            KeyId=standing.id,
            PolicyName=_POLICY,
            Policy=changed["policy"],
            BypassPolicyLockoutSafetyCheck=bool(wanted.get("bypassPolicyLockoutSafetyCheck")),
        )
    if changed.get(switch) is False:
        task.call("kms", "DisableKey", KeyId=standing.id)
    return Created(standing.id, standing.outputs)


def _delete_key(task: Task, standing: Standing) -> None:
    """After the days in which it can be had back. Its state says that they run already."""
    days = standing.inputs.get("deletionWindowInDays")
    window = {"PendingWindowInDays": int(days)} if days else {}
    try:
        take_away(replace(_KEY, fixed_by_delete=window), task, standing)
    except RequestError as error:
        if error.code != "KMSInvalidStateException":
            raise


def _rotates(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return bool(inputs.get("enableKeyRotation")), reading.thing["KeyRotationEnabled"]


def _invented_replica_key(registration: Registration) -> Computed:
    """The same id as its primary's, in another region."""
    key = registration.text("primaryKeyArn").rsplit("/", 1)[-1]
    return Computed(key, {"keyId": key, "arn": registration.arn("kms", f"key/{key}")})


_REPLICA_KEY = replace(
    _KEY,
    create="ReplicateKey",
    provider_only=("deletionWindowInDays", "enabled"),
    outputs={**_KEY.outputs, "primaryKeyArn": "MultiRegionConfiguration.PrimaryKey.Arn"},
    # moto 5.2.5 gives a replica its primary's description, and no tags.
    untold=("description", "tags"),
)


def _create_replica_key(task: Task, inputs: Inputs) -> Created:
    """KMS makes it from the primary's region, which is asked; the replica then stands in ours."""
    off = inputs.get("enabled") is False
    primary = str(inputs.take("primaryKeyArn"))
    region = primary.split(":")[3]
    which = {"KeyId": primary.rsplit("/", 1)[-1], "ReplicaRegion": task.region}
    calls = replace(_REPLICA_KEY, fixed=which)
    created = make(calls, replace(task, region=region), inputs)
    if off:
        task.call("kms", "DisableKey", KeyId=created.id)
    return created


def _primary(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return str(inputs["primaryKeyArn"]).rsplit("/", 1)[-1], reading.thing["KeyId"]


_WINDOW = PropertyRule(
    up=IN_PLACE,
    effect=DANGEROUS,
    why="less time to take a deletion back, after which nothing encrypted with it can be read",
    source=(guide("KMS developer guide", "Deleting AWS KMS keys"),),
)


CARDS = (
    Card(
        type="aws:kms/alias:Alias",
        computed=_invented_alias,
        values=by_model("kms:CreateAlias", "kms:UpdateAlias"),
        lifecycle=_ALIAS.lifecycle(read=_read_alias),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider("kms/alias.go"),
                guide("KMS developer guide", "Update aliases"),
            ),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "targetKeyId": PropertyRule(
                    effect=IN_PLACE, why="what was encrypted keeps the old key, which has to stay"
                ),
            },
        ),
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
        lifecycle=_KEY.lifecycle(
            create=_create_key,
            read=_read_key,
            update=partial(_update_key, "isEnabled"),
            delete=_delete_key,
        ),
        creation=SECONDS,
        verification=Verification(
            kind="key", rows={"enabled": always(True, "Enabled"), "rotates": _rotates}
        ),
        changes=Changes(
            holds="the key of everything that is encrypted with it",
            source=(provider("kms/key.go"),),
            properties={
                "description": IN_PLACE,
                "policy": IN_PLACE,
                "enableKeyRotation": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="one key would do for ever, and a lost one with it",
                ),
                "rotationPeriodInDays": IN_PLACE,
                "deletionWindowInDays": _WINDOW,
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
        values=NOT_ENUMERATED,
        lifecycle=_REPLICA_KEY.lifecycle(
            create=_create_replica_key,
            read=partial(_read_with_policy, _REPLICA_KEY),
            update=partial(_update_key, "enabled"),
            delete=_delete_key,
        ),
        creation=SECONDS,
        verification=Verification(
            kind="replica key",
            rows={
                "enabled": always(True, "Enabled"),
                "multi-Region": always(True, "MultiRegion"),
                "primary": _primary,
            },
        ),
        changes=Changes(
            holds="the key of every copy in the recovery region",
            source=(provider("kms/replica_key.go"),),
            properties={
                "primaryKeyArn": REPLACE,
                "region": REPLACE,
                "description": IN_PLACE,
                "policy": IN_PLACE,
                "deletionWindowInDays": _WINDOW,
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
