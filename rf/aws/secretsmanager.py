"""Secrets and their content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import ABSENT, FREE, owned
from rf.shared.account.unreadable import UnreadableError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
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


def _create_secret(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 512)
    inputs.drop("recoveryWindowInDays")
    if not inputs.get("replicas"):
        inputs.drop("replicas")  # the API takes no empty list, and the provider sends none
    policy = inputs.take("policy")
    answer = task.send(
        "secretsmanager",
        "CreateSecret",
        inputs.rest(),
        {
            "forceOverwriteReplicaSecret": "ForceOverwriteReplicaSecret",
            "replicas": "AddReplicaRegions",
        },
        Name=name,
    )
    if policy:
        task.call(
            "secretsmanager", "PutResourcePolicy", SecretId=answer["ARN"], ResourcePolicy=policy
        )
    return Created(answer["ARN"], {"arn": answer["ARN"], "name": name})


def _verify_secret(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its key, and the regions of its replicas with theirs. The content is never read."""
    actual = reader.read("secretsmanager", "DescribeSecret", SecretId=identifier)
    yield "key", inputs.get("kmsKeyId"), actual.get("KmsKeyId")
    replicas = inputs.get("replicas") or []
    if replicas:
        regions = [each["Region"] for each in actual.get("ReplicationStatus") or []]
        yield "replicas", sorted(each["region"] for each in replicas), sorted(regions)
    for replica in replicas:
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


def _create_secret_version(task: Task, inputs: Inputs) -> Created:
    owner = inputs["secretId"]
    answer = task.send("secretsmanager", "PutSecretValue", inputs.rest())
    known = {"versionId": answer["VersionId"], "arn": answer["ARN"]}
    return Created(f"{owner}|{answer['VersionId']}", known)


CARDS = (
    Card(
        type="aws:secretsmanager/secret:Secret",
        computed=_invented_secret,
        values=by_model("secretsmanager:CreateSecret", "secretsmanager:UpdateSecret"),
        lifecycle=Calls(service="secretsmanager", create="CreateSecret").lifecycle(
            create=_create_secret
        ),
        verification=Verification(kind="secret", more=_verify_secret),
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
                    to={"0": DANGEROUS}, effect=IN_PLACE, why="a deletion could not be undone"
                ),
                "replicas": IN_PLACE,
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="secretsmanager", create="?").lifecycle(
            create=_create_secret_version
        ),
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
