"""Code at the edge, and what it looks up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.cloudfront.distribution import CONTROL_PLANE, _invented_edge, _pairs
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, Unruled
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Priced, Unpriced
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME, USAGE
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _create_function(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 64)
    publishes = inputs.take("publish", True)
    code = str(inputs.take("code")).encode()
    tags = inputs.take("tags") or {}
    stores = inputs.take("keyValueStoreAssociations") or []
    config = inputs.rest()
    config["comment"] = config.get("comment") or ""
    if stores:
        config["keyValueStoreAssociations"] = [{"keyValueStoreARN": arn} for arn in stores]
    shaped = task.api.fitted("cloudfront", "CreateFunction", {"functionConfig": config})
    answer = task.call(
        "cloudfront",
        "CreateFunction",
        Name=name,
        FunctionCode=code,
        **shaped,
        **({"Tags": {"Items": _pairs(tags)}} if tags else {}),
    )
    if publishes:
        # Only checked, so that what the emulator does hold, the code, is read back.
        wanted = {"Name": name, "IfMatch": answer["ETag"]}
        task.api.validate("cloudfront", "PublishFunction", wanted)
        task.api.simplified.add("edge function: stands in development, as publishing is lacking")
    arn = answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    return Created(name, {"arn": arn, "etag": answer["ETag"], "name": name})


def _verify_edge_function(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its code, byte for byte."""
    actual = reader.read("cloudfront", "GetFunction", Name=identifier)["FunctionCode"]
    code = actual.read() if hasattr(actual, "read") else actual
    yield "code", inputs["code"], code.decode() if isinstance(code, bytes) else code


def _invented_key_value_store(registration: Registration) -> Computed:
    name, unique = registration.named(), registration.uuid()
    arn = registration.arn("cloudfront", f"key-value-store/{unique}", region="")
    return Computed(name, {"name": name, "arn": arn, "etag": f"E{registration.letters(12)}"})


def _create_key_value_store(task: Task, inputs: Inputs) -> Created:
    inputs.drop("timeouts", "tags")
    name = inputs.take("name") or task.auto_name("name", 64)
    answer = task.send("cloudfront", "CreateKeyValueStore", inputs.rest(), Name=name)
    return Created(name, {"arn": answer["KeyValueStore"]["ARN"], "name": name})


def _verify_key_value_store(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it exists, and what it says of itself."""
    actual = reader.read("cloudfront", "DescribeKeyValueStore", Name=identifier)["KeyValueStore"]
    yield "comment", inputs.get("comment", ""), actual["Comment"]


CARDS = (
    Card(
        type="aws:cloudfront/function:Function",
        computed=_invented_edge("function", "name"),
        values=by_model("cloudfront:CreateFunction", "cloudfront:UpdateFunction"),
        lifecycle=Calls(service="cloudfront", create="CreateFunction").lifecycle(
            create=_create_function
        ),
        verification=Verification(kind="edge function", more=_verify_edge_function),
        changes=Unruled(),
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
        lifecycle=Calls(service="cloudfront", create="CreateKeyValueStore").lifecycle(
            create=_create_key_value_store
        ),
        verification=Verification(kind="organization directory", more=_verify_key_value_store),
        changes=Changes(
            holds="which cell serves which organization",
            source=(provider("cloudfront/key_value_store.go"),),
            properties={"name": REPLACE, "comment": IN_PLACE},
        ),
        price=Unpriced("paid by the function's reads, of which no dated price was found"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("cloudfront:CreateKeyValueStore",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
