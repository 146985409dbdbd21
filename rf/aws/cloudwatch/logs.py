"""Log groups, the metrics that are filtered out of them, and who may write to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import of_stack, owned, pairs
from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging, change, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import named, physical_name
from rf.shared.cards.lifecycle import Created, Inputs, Standing, Task
from rf.shared.cards.naming import AccountSetting, Answer, Naming
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import Verification, or_none
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME, USAGE

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner


TAGGING = Tagging(
    add="TagResource", remove="UntagResource", by="resourceArn", tags="tags", keys="tagKeys"
)


_LOG_GROUP = Calls(
    service="logs",
    create="CreateLogGroup",
    read="DescribeLogGroups",
    delete="DeleteLogGroup",
    name=Name(parameter="logGroupName", limit=512),
    read_by={"logGroupNamePrefix": "{id}"},
    among={"logGroupName": "{id}"},
    renames={"name": "logGroupName", "arn": "logGroupArn"},
    provider_only=("skipDestroy",),
    tagging=TAGGING,
)


def _create_log_group(task: Task, inputs: Inputs) -> Created:
    """The group, and then how long it keeps; its ARN is in no answer."""
    retention = inputs.take("retentionInDays")
    created = make(_LOG_GROUP, task, inputs)
    _keep(task, created.id, retention)
    arn = task.arn("logs", f"log-group:{created.id}")
    return Created(created.id, {**created.outputs, "arn": arn})


def _update_log_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Each of its settings by an operation of its own."""
    retention, key = inputs.take("retentionInDays"), inputs.take("kmsKeyId")
    if retention != standing.inputs.get("retentionInDays"):
        _keep(task, standing.id, retention)
        if not retention:
            task.call("logs", "DeleteRetentionPolicy", logGroupName=standing.id)
    if key != standing.inputs.get("kmsKeyId"):
        if key:
            task.call("logs", "AssociateKmsKey", logGroupName=standing.id, kmsKeyId=key)
        else:
            task.call("logs", "DisassociateKmsKey", logGroupName=standing.id)
    return change(_LOG_GROUP, task, standing, inputs)


def _keep(task: Task, group: str, days: int | None) -> None:
    if days:
        task.call("logs", "PutRetentionPolicy", logGroupName=group, retentionInDays=int(days))


def _delete_log_group(task: Task, standing: Standing) -> None:
    if not standing.inputs.get("skipDestroy"):
        take_away(_LOG_GROUP, task, standing)


def _log_group_state(account: Account, owner: Owner, name: str) -> Answer:
    groups = account.listed("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    existing = [each for each in groups if each["logGroupName"] == name]
    return of_stack(
        owner,
        existing,
        lambda each: pairs(
            account.read(
                "logs", "ListTagsForResource", resourceArn=each["arn"].removesuffix(":*")
            ).get("tags")
        ),
    )


_METRIC_FILTER = Calls(
    service="logs",
    create="PutMetricFilter",
    read="DescribeMetricFilters",
    update=AS_CREATED,
    delete="DeleteMetricFilter",
    name=Name(parameter="filterName", limit=512),
    by={"logGroupName": "{logGroupName}", "filterName": "{id}"},
    read_by={"logGroupName": "{logGroupName}", "filterNamePrefix": "{id}"},
    among={"filterName": "{id}"},
    renames={
        "pattern": "filterPattern",
        "name": "metricName",
        "namespace": "metricNamespace",
        "value": "metricValue",
    },
    outputs={"name": "filterName"},
)


def _create_log_metric_filter(task: Task, inputs: Inputs) -> Created:
    """With its log group, where that is missing: AWS made it with the first instance of RDS, and
    the emulator's instances write no logs."""
    group = inputs["logGroupName"]
    groups = task.call("logs", "DescribeLogGroups", logGroupNamePrefix=group)["logGroups"]
    if not any(described["logGroupName"] == group for described in groups):
        task.call("logs", "CreateLogGroup", logGroupName=group)
    return make(_METRIC_FILTER, task, inputs)


_RESOURCE_POLICY = Calls(
    service="logs",
    create="PutResourcePolicy",
    read="DescribeResourcePolicies",
    update=AS_CREATED,
    delete="DeleteResourcePolicy",
    identifier="{policyName}",
    by={"policyName": "{id}"},
    read_by={},
    among={"policyName": "{id}"},
)


MOST_RESOURCE_POLICIES = 10
"""An account and region; no quota that AWS raises (CloudWatch Logs quotas, "Resource policies")."""


def _resource_policy_state(account: Account, _owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """PutResourcePolicy overwrites one of that name without a word. It bears no tags: it is this
    stack's where it lets nobody into other log groups than the plan's."""
    name = inputs["policyName"]
    listed = account.listed("logs", "DescribeResourcePolicies", "resourcePolicies")
    for each in listed:
        if each["policyName"] == name:
            ours = _log_groups(each["policyDocument"]) <= _log_groups(inputs["policyDocument"])
            return owned(fine=ours)
    others = f"{len(listed)} of {MOST_RESOURCE_POLICIES} are others'"
    return len(listed) < MOST_RESOURCE_POLICIES, others


def _log_groups(document: str) -> set[str]:
    statements = json.loads(document)["Statement"]
    named = [each["Resource"] for each in statements]
    return {arn for each in named for arn in ([each] if isinstance(each, str) else each)}


CARDS = (
    Card(
        type="aws:cloudwatch/logGroup:LogGroup",
        computed=named("logs", "log-group:{}"),
        values=ClosedValues(
            operations=("logs:CreateLogGroup",),
            closed={
                "retentionInDays": frozenset(
                    {
                        "0",
                        "1",
                        "1096",
                        "120",
                        "14",
                        "150",
                        "180",
                        "1827",
                        "2192",
                        "2557",
                        "2922",
                        "3",
                        "30",
                        "3288",
                        "365",
                        "3653",
                        "400",
                        "5",
                        "545",
                        "60",
                        "7",
                        "731",
                        "90",
                    }
                )
            },
            source="CloudWatch Logs API reference, PutRetentionPolicy",
        ),
        lifecycle=_LOG_GROUP.lifecycle(
            create=_create_log_group, update=_update_log_group, delete=_delete_log_group
        ),
        creation=SECONDS,
        verification=Verification(
            kind="log group",
            rows={
                "days kept": or_none("retentionInDays", "retentionInDays"),
                "key": or_none("kmsKeyId", "kmsKeyId"),
            },
        ),
        changes=Changes(
            source=(provider("logs/group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "retentionInDays": PropertyRule(
                    to={"0": IN_PLACE, "(not set)": IN_PLACE},
                    was={"0": DANGEROUS},
                    up=IN_PLACE,
                    effect=DANGEROUS,
                    why="CloudWatch deletes what is older, within three days",
                    source=(guide("CloudWatch Logs user guide", "Change log data retention"),),
                ),
                "skipDestroy": IN_PLACE,
                "logGroupClass": REPLACE,
                "deletionProtectionEnabled": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="any deletion would go through"
                ),
                "kmsKeyId": IN_PLACE,
            },
        ),
        price=Priced(keys=("logs:",), count=USAGE),
        quotas=NO_QUOTA,
        naming=Naming(title="logs", key="name", state=_log_group_state),
        permissions=(
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
        computed=physical_name,
        values=NOT_ENUMERATED,
        lifecycle=_METRIC_FILTER.lifecycle(create=_create_log_metric_filter),
        creation=SECONDS,
        verification=Verification(
            kind="metric filter",
            rows={
                "pattern": "pattern",
                "metric": "metricTransformation.name",
                "namespace": "metricTransformation.namespace",
                "value": "metricTransformation.value",
            },
        ),
        changes=Changes(
            source=(provider("logs/metric_filter.go"),),
            properties={
                "name": REPLACE,
                "logGroupName": REPLACE,
                "pattern": IN_PLACE,
                "metricTransformation": IN_PLACE,
                "applyOnTransformedLogs": IN_PLACE,
            },
        ),
        price=Free(reason="filters cost nothing; ten metrics are always free"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:PutMetricFilter",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        computed=physical_name,
        values=NOT_ENUMERATED,
        lifecycle=_RESOURCE_POLICY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("logs/resource_policy.go"),),
            properties={"policyName": REPLACE, "resourceArn": REPLACE, "policyDocument": IN_PLACE},
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="log policy",
            needed="its name free or this stack's own, and one of the ten of a region",
            fix="`aws logs describe-resource-policies`: remove one that nobody needs, or choose"
            " another stack name",
            state=_resource_policy_state,
        ),
        permissions=("logs:PutResourcePolicy",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
