"""Documents by which Session Manager opens sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import described, of_stack
from rf.shared.cards.calls import Calls, Name, Tagging, differing, retag
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

_DOCUMENT = Calls(
    service="ssm",
    create="CreateDocument",
    read="GetDocument",
    delete="DeleteDocument",
    name=Name(parameter="Name", limit=128),
    renames={"attachmentsSources": "Attachments"},
    found="",
    absent=("InvalidDocument:",),
    outputs={"arn": "arn:aws:ssm:{region}:{account}:document/{name}"},
    tagging=Tagging(
        add="AddTagsToResource",
        remove="RemoveTagsFromResource",
        by="ResourceId",
        of="{id}",
        fixed={"ResourceType": "Document"},
        read="ListTagsForResource",
        found="TagList",
    ),
)


def _update_document(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """A new version, always with the content and its form; sessions then open by it."""
    wanted = inputs.rest()
    if _DOCUMENT.tagging is not None:
        retag("ssm", _DOCUMENT.tagging, task, standing, wanted.pop("tags", None) or {})
    if differing(standing.inputs, wanted):
        # Its kind is that of the first version for good.
        version = {key: value for key, value in wanted.items() if key != "documentType"}
        version["name"] = standing.id
        answer = task.send(
            "ssm", "UpdateDocument", version, _DOCUMENT.renames, DocumentVersion="$LATEST"
        )
        newest = answer["DocumentDescription"]["DocumentVersion"]
        task.call("ssm", "UpdateDocumentDefaultVersion", Name=standing.id, DocumentVersion=newest)
    return Created(standing.id, standing.outputs)


def _content(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return json.loads(inputs["content"]), json.loads(reading.thing["Content"])


def _document_state(account: Account, owner: Owner, name: str) -> Answer:
    return of_stack(
        owner,
        described(account, "ssm", "DescribeDocument", "Document", Name=name),
        lambda each: account.listed(
            "ssm",
            "ListTagsForResource",
            "TagList",
            ResourceType="Document",
            ResourceId=each["Name"],
        ),
    )


CARDS = (
    Card(
        type="aws:ssm/document:Document",
        computed=named("ssm", "document/{}"),
        values=by_model("ssm:CreateDocument", "ssm:UpdateDocument"),
        lifecycle=_DOCUMENT.lifecycle(update=_update_document),
        creation=SECONDS,
        verification=Verification(
            kind="session document", rows={"kind": "documentType", "content": _content}
        ),
        changes=Changes(
            source=(provider("ssm/document.go"),),
            properties={
                "name": REPLACE,
                "documentType": REPLACE,
                **dict.fromkeys(
                    (
                        "content",
                        "documentFormat",
                        "targetType",
                        "versionName",
                        "permissions",
                        "attachmentsSources",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="Session Manager costs nothing for EC2"),
        quotas=NO_QUOTA,
        naming=Naming(title="session document", key="name", state=_document_state),
        permissions=(
            "ssm:CreateDocument",
            "ssm:AddTagsToResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
