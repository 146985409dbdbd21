"""What EC2's things have in common: tags, ARNs, and how several are deleted in one request."""

from __future__ import annotations

from collections.abc import Callable

from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, Tagging, told_by
from rf.shared.cards.lifecycle import Inputs, Standing, Task

TAGGING = Tagging(add="CreateTags", remove="DeleteTags", by="Resources", of="{id}", keys="Tags")


def tagged(kind: str) -> Callable[[Task, Inputs], None]:
    """Brings the tags of a new thing of that kind into the form that EC2 takes them in."""

    def prepare(_task: Task, inputs: Inputs) -> None:
        tags = inputs.take("tags")
        if tags:
            inputs["tagSpecifications"] = [{"resourceType": kind, "tags": tags}]

    return prepare


def arn_of(kind: str) -> str:
    """Template of the ARN of a thing of that kind, which EC2's answers mostly leave out."""
    return f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{id}}"


def take_away_listed(calls: Calls, task: Task, standing: Standing) -> None:
    """Delete a thing by a request that takes several and answers which it did not delete.

    Raises RequestError where that is another reason than that it is gone already.
    """
    try:
        answer = task.call("ec2", calls.delete, **told_by(calls, task, calls.delete, standing))
    except RequestError as error:
        if error.says_gone:
            return
        raise
    for left in answer.data.get("Unsuccessful") or []:
        said = left["Error"]
        refusal = RequestError(f"ec2 {calls.delete}: {said['Message']}", said["Code"])
        if not refusal.says_gone:
            raise refusal
