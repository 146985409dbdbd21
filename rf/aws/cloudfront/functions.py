"""Code at the edge, and what it looks up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.cloudfront.edge import CONTROL_PLANE, LOCK, TAGGING, invented_edge
from rf.shared.account.names import owned
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.calls import Calls, Name, change, look_up, make, seen
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import AccountSetting, Answer
from rf.shared.cards.prices import Priced, Unpriced
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME, USAGE
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner


def _with_configuration(_task: Task, inputs: Inputs) -> None:
    stores = inputs.take("keyValueStoreAssociations") or []
    config = {"comment": inputs.take("comment") or "", "runtime": inputs.take("runtime")}
    if stores:
        config["keyValueStoreAssociations"] = [{"keyValueStoreARN": arn} for arn in stores]
    inputs["functionConfig"] = config


_FUNCTION = Calls(
    service="cloudfront",
    create="CreateFunction",
    read="DescribeFunction",
    update="UpdateFunction",
    delete="DeleteFunction",
    name=Name(parameter="Name", limit=64),
    found="FunctionSummary.FunctionConfig",
    lock=LOCK,
    whole=True,
    renames={"code": "FunctionCode"},
    provider_only=("publish",),
    prepare=_with_configuration,
    outputs={"arn": "FunctionMetadata.FunctionARN"},
    tagging=TAGGING,
)


def _create_function(task: Task, inputs: Inputs) -> Created:
    """Made, and published so that it serves."""
    publishes = inputs.get("publish", True)
    created = make(_FUNCTION, task, inputs)
    if publishes:
        standing = Standing(id=created.id, inputs={}, outputs=created.outputs)
        _check_publishing(task, standing)
    return created


def _update_function(task: Task, standing: Standing, inputs: Inputs) -> Created:
    publishes = inputs.get("publish", True)
    updated = change(_FUNCTION, task, standing, inputs)
    if publishes:
        _check_publishing(task, standing)
    return updated


def _check_publishing(task: Task, standing: Standing) -> None:
    """Only checked, so that what the emulator does hold, the code, is read back."""
    wanted = {"Name": standing.id} | seen(_FUNCTION, task, standing)
    task.api.validate("cloudfront", "PublishFunction", wanted)
    task.api.simplified.add("edge function: stands in development, as publishing is lacking")


def _read_function(task: Task, standing: Standing) -> Reading | None:
    """Its settings by one call, its code by another."""
    reading = look_up(_FUNCTION, task, standing)
    if reading is None:
        return None
    code = task.call("cloudfront", "GetFunction", Name=standing.id)["FunctionCode"].read()
    stores = (reading.thing.get("KeyValueStoreAssociations") or {}).get("Items") or []
    shown = dict(reading.shown) | {"code": code.decode()}
    if stores:
        shown["keyValueStoreAssociations"] = [each["KeyValueStoreARN"] for each in stores]
    return Reading(thing=reading.thing, shown=shown)


def _invented_key_value_store(registration: Registration) -> Computed:
    name, unique = registration.named(), registration.uuid()
    arn = registration.arn("cloudfront", f"key-value-store/{unique}", region="")
    return Computed(name, {"name": name, "arn": arn, "etag": f"E{registration.letters(12)}"})


_KEY_VALUE_STORE = Calls(
    service="cloudfront",
    create="CreateKeyValueStore",
    read="DescribeKeyValueStore",
    update="UpdateKeyValueStore",
    delete="DeleteKeyValueStore",
    name=Name(parameter="Name", limit=64),
    lock=LOCK,
    provider_only=("timeouts",),
    tagging=TAGGING,
)


def _store_state(account: Account, _owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """It bears no tags: it is this program's where it says what that says."""
    stores = account.listed(
        "cloudfront", "ListKeyValueStores", "KeyValueStoreList.Items", region=GLOBAL_REGION
    )
    same = [each for each in stores if each["Name"] == inputs["name"]]
    if not same:
        return True, "free"
    return owned(fine=same[0].get("Comment") == inputs.get("comment"))


CARDS = (
    Card(
        type="aws:cloudfront/function:Function",
        computed=invented_edge("function", "name"),
        values=by_model("cloudfront:CreateFunction", "cloudfront:UpdateFunction"),
        lifecycle=_FUNCTION.lifecycle(
            create=_create_function, read=_read_function, update=_update_function
        ),
        creation=SECONDS,
        verification=Verification(kind="edge function", rows={"code": "code"}),
        changes=Changes(
            source=(provider("cloudfront/function.go"),),
            properties={
                "name": REPLACE,
                **dict.fromkeys(
                    (
                        "code",
                        "comment",
                        "keyValueStoreAssociations",
                        "publish",
                        "runtime",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Priced(keys=("cloudfront:functions",), count=USAGE),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "cloudfront:CreateFunction",
            "cloudfront:PublishFunction",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:cloudfront/keyValueStore:KeyValueStore",
        computed=_invented_key_value_store,
        values=by_model("cloudfront:CreateKeyValueStore", "cloudfront:UpdateKeyValueStore"),
        lifecycle=_KEY_VALUE_STORE.lifecycle(),
        creation=SECONDS,
        verification=Verification(kind="organization directory", rows={"comment": "comment"}),
        changes=Changes(
            holds="which cell serves which organization",
            source=(provider("cloudfront/key_value_store.go"),),
            properties={"name": REPLACE, "comment": IN_PLACE},
        ),
        price=Unpriced("paid by the function's reads, of which no dated price was found"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="key value store",
            needed="its name free in the account, or this stack's own",
            fix="another stack or somebody else has it: choose another stack name, or remove that",
            state=_store_state,
        ),
        permissions=("cloudfront:CreateKeyValueStore",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
