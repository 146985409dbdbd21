"""Secrets and their content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import ABSENT, FREE, owned
from rf.shared.account.unreadable import UnreadableError
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, Name, Tagging, change, look_up, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader


def _invented_secret(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("secretsmanager", f"secret:{name}-{registration.letters(6)}")
    return Computed(arn, {"name": name, "arn": arn})


_RECOVERY_DAYS = 30
"""The provider's default."""


_DELETED = "InvalidRequestException"
"""Secrets Manager's answer about the content of a secret that is marked for deletion."""


def _without_empty_list(_task: Task, inputs: Inputs) -> None:
    if not inputs.get("replicas"):
        inputs.drop("replicas")  # the API takes no empty list, and the provider sends none


_SECRET = Calls(
    service="secretsmanager",
    create="CreateSecret",
    read="DescribeSecret",
    update="UpdateSecret",
    delete="DeleteSecret",
    name=Name(parameter="Name", limit=512),
    identifier="ARN",
    by={"SecretId": "{id}"},
    described="",
    found="",
    renames={"replicas": "AddReplicaRegions"},
    provider_only=("policy", "recoveryWindowInDays"),
    repeated=("description",),
    outputs={"arn": "ARN"},
    prepare=_without_empty_list,
    tagging=Tagging(add="TagResource", remove="UntagResource", by="SecretId", of="{id}"),
)


def _create_secret(task: Task, inputs: Inputs) -> Created:
    """The secret, and then who may read it."""
    policy = inputs.get("policy")
    created = make(_SECRET, task, inputs)
    if policy:
        _put_policy(task, created.id, policy)
    return created


def _put_policy(task: Task, secret: str, policy: str) -> None:
    task.call("secretsmanager", "PutResourcePolicy", SecretId=secret, ResourcePolicy=policy)


def _read_secret(task: Task, standing: Standing) -> Reading | None:
    """One that is marked for deletion is gone. The emulator forgets the keys of replicas."""
    reading = look_up(_SECRET, task, standing)
    if reading is None or reading.thing.get("DeletedDate"):
        return None
    if "policy" not in standing.inputs:
        return reading
    policy = task.call("secretsmanager", "GetResourcePolicy", SecretId=standing.id).data
    return reading.showing(standing, policy=policy.get("ResourcePolicy"))


def _update_secret(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Replicas come and go, and the policy is put or taken away, by operations of their own."""
    which = {"SecretId": standing.id}
    forced = bool(inputs.take("forceOverwriteReplicaSecret"))
    wanted, known = inputs.take("replicas") or [], standing.inputs.get("replicas") or []
    _drop_replicas(task, standing, [each for each in known if each not in wanted])
    added = [each for each in wanted if each not in known]
    if added:
        replicas = {"addReplicaRegions": added, "forceOverwriteReplicaSecret": forced}
        task.send("secretsmanager", "ReplicateSecretToRegions", replicas, **which)
    policy = inputs.take("policy")
    if policy and policy != standing.inputs.get("policy"):
        _put_policy(task, standing.id, policy)
    elif not policy and standing.inputs.get("policy"):
        task.call("secretsmanager", "DeleteResourcePolicy", **which)
    return change(_SECRET, task, standing, inputs)


def _drop_replicas(task: Task, standing: Standing, replicas: Sequence[Mapping[str, Any]]) -> None:
    if replicas:
        task.call(
            "secretsmanager",
            "RemoveRegionsFromReplication",
            SecretId=standing.id,
            RemoveReplicaRegions=[each["region"] for each in replicas],
        )


def _delete_secret(task: Task, standing: Standing) -> None:
    """Replicas first. Then at once, or after the days in which it can be had back."""
    days = int(standing.inputs.get("recoveryWindowInDays", _RECOVERY_DAYS))
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    try:
        _drop_replicas(task, standing, standing.inputs.get("replicas") or [])
        take_away(replace(_SECRET, fixed_by_delete=window), task, standing)
    except RequestError as error:
        if not error.says_gone and error.code != _DELETED:
            raise


def _key(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("kmsKeyId"), reading.thing.get("KmsKeyId")


def _replicas(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    planned = inputs.get("replicas")
    if not planned:
        return None
    regions = [each["Region"] for each in reading.thing.get("ReplicationStatus") or []]
    return sorted(each["region"] for each in planned), sorted(regions)


def _in_their_regions(
    reader: Reader, _identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """The copies where they are. The content is never read."""
    for replica in inputs.get("replicas") or []:
        reader.region = replica["region"]
        copy = reader.read("secretsmanager", "DescribeSecret", SecretId=inputs["name"])
        yield f"name in {reader.region}", inputs["name"], copy["Name"]
        # The emulator forgets a replica's key: it answers with AWS's own, or with its source's.
        yield f"key in {reader.region}", replica["kmsKeyId"], NOT_SHOWN


def _secret(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "secrets-manager:secret", fixed(1 + len(resource.inputs.get("replicas") or ()))


def _secret_state(account: Account, owner: Owner, name: str) -> Answer:
    """A deleted secret keeps its name until its recovery window is over."""
    try:
        answer = account.read("secretsmanager", "DescribeSecret", SecretId=name)
    except UnreadableError as error:
        if error.code in ABSENT:
            return True, FREE
        raise
    if answer.get("DeletedDate"):
        return False, (
            "scheduled for deletion: `aws secretsmanager restore-secret`, or delete it with"
            " --force-delete-without-recovery"
        )
    return owned(fine=owner.tagged(answer.get("Tags")))


def _invented_secret_version(registration: Registration) -> Computed:
    secret, version = registration.text("secretId"), registration.uuid()
    arn = secret if secret.startswith("arn:") else registration.arn("secretsmanager", secret)
    outputs = {"arn": arn, "versionId": version, "secretArn": arn}
    return Computed(f"{secret}|{version}", outputs)


_SECRET_VERSION = Calls(
    service="secretsmanager",
    create="PutSecretValue",
    read="GetSecretValue",
    identifier="{secretId}|{versionId}",
    by={"SecretId": "{secretId}", "VersionId": "{versionId}"},
    renames={"secretId": "ARN"},
    outputs={"arn": "ARN", "versionId": "VersionId"},
)
"""It has no deletion: it goes with its secret, or when later versions leave it without a label."""


def _read_secret_version(task: Task, standing: Standing) -> Reading | None:
    """What is in a secret that is marked for deletion is gone with it."""
    try:
        return look_up(_SECRET_VERSION, task, standing)
    except RequestError as error:
        if error.code == _DELETED:
            return None
        raise


CARDS = (
    Card(
        type="aws:secretsmanager/secret:Secret",
        computed=_invented_secret,
        values=by_model("secretsmanager:CreateSecret", "secretsmanager:UpdateSecret"),
        lifecycle=_SECRET.lifecycle(
            create=_create_secret,
            read=_read_secret,
            update=_update_secret,
            delete=_delete_secret,
        ),
        creation=SECONDS,
        verification=Verification(
            kind="secret", rows={"key": _key, "replicas": _replicas}, more=_in_their_regions
        ),
        changes=Changes(
            holds="a login",
            source=(provider("secretsmanager/secret.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "description": IN_PLACE,
                "kmsKeyId": IN_PLACE,
                "policy": IN_PLACE,
                "recoveryWindowInDays": PropertyRule(
                    to={"0": DANGEROUS},
                    up=IN_PLACE,
                    effect=DANGEROUS,
                    why="less time to take a deletion back; 0 leaves none",
                ),
                "replicas": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="the recovery region would have no copy, or another key of it",
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("secrets-manager:",), count=_secret),
        quotas=NO_QUOTA,
        naming=Naming(title="secret", key="name", state=_secret_state),
        permissions=(
            "secretsmanager:CreateSecret",
            "secretsmanager:ReplicateSecretToRegions",
            "secretsmanager:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:secretsmanager/secretVersion:SecretVersion",
        computed=_invented_secret_version,
        values=NOT_ENUMERATED,
        lifecycle=_SECRET_VERSION.lifecycle(read=_read_secret_version),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("secretsmanager/secret_version.go"),),
            properties={"secretId": REPLACE, "secretString": REPLACE},
        ),
        price=Free(reason="part of its secret"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("secretsmanager:PutSecretValue",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
