"""What Redis belongs to: subnets, parameters, and who may log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rf.aws.elasticache.operations import TAGGING
from rf.shared.account import usage
from rf.shared.account.names import existing, of_stack
from rf.shared.cards.calls import Calls, Name, change, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import MANAGED, Created, Inputs, Standing, Task
from rf.shared.cards.naming import Answer, NameState, Naming
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

PARAMETER_GROUP = "aws:elasticache/parameterGroup:ParameterGroup"


USER = "aws:elasticache/user:User"


USER_GROUP = "aws:elasticache/userGroup:UserGroup"


_PARAMETER_GROUP = Calls(
    service="elasticache",
    create="CreateCacheParameterGroup",
    read="DescribeCacheParameterGroups",
    delete="DeleteCacheParameterGroup",
    name=Name(parameter="CacheParameterGroupName"),
    renames={"family": "CacheParameterGroupFamily"},
    defaults={"description": MANAGED},
    outputs={"arn": "ARN"},
    tagging=TAGGING,
)


def _create_parameter_group(task: Task, inputs: Inputs) -> Created:
    """The group, and then its parameters: the API makes it without any."""
    parameters = inputs.take("parameters") or []
    created = make(_PARAMETER_GROUP, task, inputs)
    _set_parameters(task, created.id, parameters)
    return created


def _update_parameter_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Parameters that are left out are set back to their family's."""
    wanted = inputs.take("parameters") or []
    known: list[dict[str, str]] = list(standing.inputs.get("parameters") or [])
    names = {each["name"] for each in wanted}
    dropped = [each for each in known if each["name"] not in names]
    if dropped:
        task.call(
            "elasticache",
            "ResetCacheParameterGroup",
            CacheParameterGroupName=standing.id,
            ParameterNameValues=[
                {"ParameterName": each["name"], "ParameterValue": each["value"]} for each in dropped
            ],
        )
    _set_parameters(task, standing.id, [each for each in wanted if each not in known])
    return change(_PARAMETER_GROUP, task, standing, inputs)


def _set_parameters(task: Task, group: str, parameters: list[dict[str, str]]) -> None:
    if parameters:
        task.send(
            "elasticache",
            "ModifyCacheParameterGroup",
            {"parameterNameValues": parameters},
            {"name": "ParameterName", "value": "ParameterValue"},
            CacheParameterGroupName=group,
        )


_USER_GROUP = Calls(
    service="elasticache",
    create="CreateUserGroup",
    read="DescribeUserGroups",
    update="ModifyUserGroup",
    delete="DeleteUserGroup",
    name=Name(key="userGroupId", parameter="UserGroupId"),
    tagging=TAGGING,
)


def _update_user_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Users come and go by their ids."""
    wanted, known = set(inputs.take("userIds") or []), set(standing.inputs.get("userIds") or [])
    parameters = {"UserIdsToAdd": sorted(wanted - known), "UserIdsToRemove": sorted(known - wanted)}
    changed = {key: users for key, users in parameters.items() if users}
    if changed:
        task.call("elasticache", "ModifyUserGroup", UserGroupId=standing.id, **changed)
    return change(_USER_GROUP, task, standing, inputs)


def _state_by(operation: str, member: str, parameter: str) -> NameState:
    """Of something that ElastiCache knows by a name and whose tags it lists by an ARN."""

    def state(account: Account, owner: Owner, name: str) -> Answer:
        return of_stack(
            owner,
            existing(account, "elasticache", operation, member, **{parameter: name}),
            lambda each: account.listed(
                "elasticache", "ListTagsForResource", "TagList", ResourceName=each["ARN"]
            ),
        )

    return state


CARDS = (
    Card(
        type="aws:elasticache/subnetGroup:SubnetGroup",
        computed=named("elasticache", "subnetgroup:{}"),
        values=by_model("elasticache:CreateCacheSubnetGroup"),
        lifecycle=Calls(
            service="elasticache",
            create="CreateCacheSubnetGroup",
            read="DescribeCacheSubnetGroups",
            update="ModifyCacheSubnetGroup",
            delete="DeleteCacheSubnetGroup",
            name=Name(parameter="CacheSubnetGroupName"),
            renames={"description": "CacheSubnetGroupDescription"},
            defaults={"description": MANAGED},
            tagging=TAGGING,
        ).lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            holds="where a Redis stands",
            source=(provider("elasticache/subnet_group.go"),),
            properties={
                "name": REPLACE,
                "description": IN_PLACE,
                "subnetIds": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=Naming(
            title="Redis subnets",
            key="name",
            state=_state_by(
                "DescribeCacheSubnetGroups", "CacheSubnetGroups", "CacheSubnetGroupName"
            ),
        ),
        permissions=("elasticache:CreateCacheSubnetGroup",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=PARAMETER_GROUP,
        computed=named("elasticache", "parametergroup:{}"),
        values=by_model("elasticache:CreateCacheParameterGroup"),
        lifecycle=_PARAMETER_GROUP.lifecycle(
            create=_create_parameter_group, update=_update_parameter_group
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("elasticache/parameter_group.go"),),
            properties={
                "name": REPLACE,
                "family": REPLACE,
                "description": REPLACE,
                "parameters": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "elasticache:CreateCacheParameterGroup",
            "elasticache:ModifyCacheParameterGroup",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=USER,
        computed=named("elasticache", "user:{}", "userId"),
        values=ClosedValues(
            operations=(
                "elasticache:CreateUser",
                "elasticache:ModifyUser",
            ),
            closed={"engine": frozenset({"REDIS", "VALKEY", "redis", "valkey"})},
            source="ElastiCache API reference, CreateReplicationGroup and CreateUser",
        ),
        lifecycle=Calls(
            service="elasticache",
            create="CreateUser",
            read="DescribeUsers",
            update="ModifyUser",
            delete="DeleteUser",
            name=Name(key="userId", parameter="UserId"),
            gone={"Status": "deleting"},
            tagging=TAGGING,
        ).lifecycle(),
        creation=Creation(
            minutes=0.5,
            source=(thread("hashicorp/terraform-provider-aws#31076", "36 s with its deletion"),),
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("elasticache/user.go"),),
            properties={
                "userId": REPLACE,
                "userName": REPLACE,
                "engine": IN_PLACE,
                "accessString": IN_PLACE,
                "passwords": PropertyRule(
                    effect=IN_PLACE,
                    why="connections that are open stay; new ones need one of the new passwords",
                ),
                "authenticationMode": IN_PLACE,
                "noPasswordRequired": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=(
            Quota(
                service="elasticache",
                code="L-80E085C7",
                name="Users per Region",
                demand=count_of(USER),
                used=usage.named("elasticache", "DescribeUsers", "Users", "UserId"),
            ),
        ),
        naming=Naming(
            title="Redis user", key="userId", state=_state_by("DescribeUsers", "Users", "UserId")
        ),
        permissions=("elasticache:CreateUser",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=USER_GROUP,
        computed=named("elasticache", "usergroup:{}", "userGroupId"),
        values=by_model("elasticache:CreateUserGroup", "elasticache:ModifyUserGroup"),
        lifecycle=_USER_GROUP.lifecycle(update=_update_user_group),
        creation=Creation(
            minutes=2,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#38559",
                    "285 s with users, an association and the deletion of all",
                ),
            ),
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("elasticache/user_group.go"),),
            properties={"userGroupId": REPLACE, "engine": IN_PLACE, "userIds": IN_PLACE},
        ),
        price=Free(reason="costs nothing"),
        quotas=(
            Quota(
                service="elasticache",
                code="L-AD484FC5",
                name="User Groups per Region",
                demand=count_of(USER_GROUP),
                used=usage.named("elasticache", "DescribeUserGroups", "UserGroups", "UserGroupId"),
            ),
        ),
        naming=Naming(
            title="Redis user group",
            key="userGroupId",
            state=_state_by("DescribeUserGroups", "UserGroups", "UserGroupId"),
        ),
        permissions=("elasticache:CreateUserGroup",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
