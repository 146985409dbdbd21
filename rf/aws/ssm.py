"""Documents by which Session Manager opens sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _create_document(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    task.send("ssm", "CreateDocument", inputs.rest(), Name=name)
    arn = f"arn:aws:ssm:{task.region}:{task.account_id}:document/{name}"
    return Created(name, {"name": name, "arn": arn})


def _verify_document(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """How a session runs."""
    actual = reader.read("ssm", "GetDocument", Name=identifier)
    yield "kind", inputs["documentType"], actual["DocumentType"]
    yield "content", json.loads(inputs["content"]), json.loads(actual["Content"])


CARDS = (
    Card(
        type="aws:ssm/document:Document",
        computed=named("ssm", "document/{}"),
        values=by_model("ssm:CreateDocument", "ssm:UpdateDocument"),
        lifecycle=Calls(service="ssm", create="CreateDocument").lifecycle(create=_create_document),
        verification=Verification(kind="session document", more=_verify_document),
        changes=Unruled(),
        price=Free(reason="Session Manager costs nothing for EC2"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "ssm:CreateDocument",
            "ssm:AddTagsToResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
