"""Notebooks: a type that the program has none of. This file is all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import of_stack
from rf.shared.cards.calls import Calls, Name, Tagging, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Counted, Priced, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"

_CALLS = Calls(
    service="sagemaker",
    create="CreateNotebookInstance",
    read="DescribeNotebookInstance",
    update="UpdateNotebookInstance",
    delete="DeleteNotebookInstance",
    name=Name(parameter="NotebookInstanceName", limit=63),
    described="",
    found="",
    renames={"volumeSize": "VolumeSizeInGB", "securityGroups": "SecurityGroupIds"},
    outputs={"arn": "NotebookInstanceArn"},
    tagging=Tagging(add="AddTags", remove="DeleteTags", by="ResourceArn"),
)


def _invented(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("sagemaker", f"notebook-instance/{name}")
    return Computed(name, {"name": name, "arn": arn})


def _delete(task: Task, standing: Standing) -> None:
    """Stopped first: one that runs can't be deleted."""
    task.call("sagemaker", "StopNotebookInstance", NotebookInstanceName=standing.id)
    take_away(_CALLS, task, standing)


def _counted(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield f"sagemaker:{resource.inputs['instanceType']}", fixed(1)


def _tags(account: Account, notebook: Mapping[str, Any]) -> list[Any]:
    arn = notebook["NotebookInstanceArn"]
    return account.listed("sagemaker", "ListTags", "Tags", ResourceArn=arn)


def _state(account: Account, owner: Owner, name: str) -> Answer:
    listed = account.listed("sagemaker", "ListNotebookInstances", "NotebookInstances")
    same = [each for each in listed if each["NotebookInstanceName"] == name]
    return of_stack(owner, same, lambda each: _tags(account, each))


CARDS = (
    Card(
        type=NOTEBOOK,
        computed=_invented,
        values=by_model("sagemaker:CreateNotebookInstance"),
        lifecycle=_CALLS.lifecycle(delete=_delete),
        creation=SECONDS,
        verification=Verification(
            kind="notebook", rows={"class": "instanceType", "volume": "volumeSize"}
        ),
        changes=Changes(
            holds="notebooks that nobody has committed",
            source=(
                provider("sagemaker/notebook_instance.go"),
                guide("SageMaker", "UpdateNotebookInstance"),
            ),
            properties={
                "name": REPLACE,
                "roleArn": IN_PLACE,
                "instanceType": PropertyRule(effect=RESTART, outage="minutes: it is stopped first"),
                "volumeSize": PropertyRule(up=RESTART, down=REPLACE, outage="minutes"),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("sagemaker:",), count=_counted),
        quotas=(
            Quota(
                service="sagemaker",
                code="L-04CE2E67",
                name="Total notebook instances",
                demand=count_of(NOTEBOOK),
                used=usage.named(
                    "sagemaker",
                    "ListNotebookInstances",
                    "NotebookInstances",
                    "NotebookInstanceName",
                ),
            ),
        ),
        naming=Naming(title="notebook", key="name", state=_state),
        permissions=("sagemaker:CreateNotebookInstance", "sagemaker:AddTags", "iam:PassRole"),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
