"""Image repositories, and the copies of their images in another region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import existing, of_stack
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

REPOSITORY = "aws:ecr/repository:Repository"


def _create_lifecycle_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("repository")
    task.send(
        "ecr",
        "PutLifecyclePolicy",
        inputs.rest(),
        {"policy": "lifecyclePolicyText"},
        repositoryName=name,
    )
    return Created(name)


def _invented_registry_rules(_registration: Registration) -> Computed:
    """One a registry, known by its account."""
    return Computed(ACCOUNT_ID, {"registryId": ACCOUNT_ID})


def _create_registry_rules(task: Task, inputs: Inputs) -> Created:
    task.send("ecr", "PutReplicationConfiguration", inputs.rest())
    return Created(task.account_id, {"registryId": task.account_id})


def _regions(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["region"] for rule in rules for each in rule["destinations"]]


def _filters(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["filter"] for rule in rules for each in rule.get("repositoryFilters") or []]


def _verify_registry(
    reader: Reader, _: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Which repositories go to which region."""
    actual = reader.read("ecr", "DescribeRegistry")["replicationConfiguration"]["rules"]
    wanted = inputs["replicationConfiguration"]["rules"]
    yield "regions", _regions(wanted), _regions(actual)
    yield "repositories", _filters(wanted), _filters(actual)


def _invented_repository(registration: Registration) -> Computed:
    name = registration.named()
    url = f"{ACCOUNT_ID}.dkr.ecr.{registration.where}.amazonaws.com/{name}"
    arn = registration.arn("ecr", f"repository/{name}")
    outputs = {"name": name, "arn": arn, "repositoryUrl": url, "registryId": ACCOUNT_ID}
    return Computed(name, outputs)


def _create_repository(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 256)
    inputs.drop("forceDelete")
    answer = task.send(
        "ecr",
        "CreateRepository",
        inputs.rest(),
        {"encryptionConfigurations": "encryptionConfiguration"},
        repositoryName=name,
    )["repository"]
    known = {"arn": answer["repositoryArn"], "name": name, "repositoryUrl": answer["repositoryUri"]}
    return Created(name, known | {"registryId": answer["registryId"]})


def _verify_repository(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Whether tags can move, images are scanned, and with what layers are encrypted."""
    actual = reader.one("ecr", "DescribeRepositories", "repositories", repositoryNames=[identifier])
    mutability = inputs.get("imageTagMutability", "MUTABLE")
    yield "tags", mutability, actual["imageTagMutability"]
    scan = (inputs.get("imageScanningConfiguration") or {}).get("scanOnPush", False)
    yield "scan on push", scan, actual["imageScanningConfiguration"]["scanOnPush"]
    wanted = (inputs.get("encryptionConfigurations") or [{}])[0]
    encrypted = actual["encryptionConfiguration"]
    yield "encryption", wanted.get("encryptionType", "AES256"), encrypted["encryptionType"]
    if wanted.get("kmsKey"):
        yield "key", wanted["kmsKey"], encrypted.get("kmsKey")


def _repository_state(account: Account, owner: Owner, name: str) -> Answer:
    found = existing(account, "ecr", "DescribeRepositories", "repositories", repositoryNames=[name])
    return of_stack(
        owner,
        found,
        lambda each: account.listed(
            "ecr", "ListTagsForResource", "tags", resourceArn=each["repositoryArn"]
        ),
    )


def _invented_template(registration: Registration) -> Computed:
    return Computed(registration.text("prefix"), {"registryId": ACCOUNT_ID})


def _create_repository_template(task: Task, inputs: Inputs) -> Created:
    prefix = inputs["prefix"]
    task.send(
        "ecr",
        "CreateRepositoryCreationTemplate",
        inputs.rest(),
        {"appliedFors": "appliedFor", "encryptionConfigurations": "encryptionConfiguration"},
    )
    return Created(prefix, {"registryId": task.account_id})


CARDS = (
    Card(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        computed=of_inputs("repository"),
        values=by_model("ecr:PutLifecyclePolicy"),
        lifecycle=Calls(service="ecr", create="PutLifecyclePolicy").lifecycle(
            create=_create_lifecycle_policy
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of its repository"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ecr:PutLifecyclePolicy",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ecr/replicationConfiguration:ReplicationConfiguration",
        computed=_invented_registry_rules,
        values=by_model("ecr:PutReplicationConfiguration"),
        lifecycle=Calls(service="ecr", create="PutReplicationConfiguration").lifecycle(
            create=_create_registry_rules
        ),
        verification=Verification(kind="registry replication", more=_verify_registry),
        changes=Unruled(),
        price=Free(reason="paid as the images it copies"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "ecr:PutReplicationConfiguration",
            "iam:CreateServiceLinkedRole",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=REPOSITORY,
        computed=_invented_repository,
        values=by_model("ecr:CreateRepository"),
        lifecycle=Calls(service="ecr", create="CreateRepository").lifecycle(
            create=_create_repository
        ),
        verification=Verification(kind="image repository", more=_verify_repository),
        changes=Changes(
            holds="images",
            source=(provider("ecr/repository.go"),),
            properties={
                "name": REPLACE,
                "encryptionConfigurations": REPLACE,
                "imageScanningConfiguration": IN_PLACE,
                "imageTagMutability": IN_PLACE,
                "forceDelete": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take every image with it",
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("ecr:",), count=USAGE),
        quotas=(
            Quota(
                service="ecr",
                code="L-CFEB8E8D",
                name="Registered repositories",
                demand=count_of(REPOSITORY),
                used=usage.named("ecr", "DescribeRepositories", "repositories", "repositoryName"),
            ),
        ),
        naming=Naming(title="repository", key="name", state=_repository_state),
        permissions=(
            "ecr:CreateRepository",
            "ecr:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        computed=_invented_template,
        values=by_model(
            "ecr:CreateRepositoryCreationTemplate", "ecr:UpdateRepositoryCreationTemplate"
        ),
        lifecycle=Calls(service="ecr", create="CreateRepositoryCreationTemplate").lifecycle(
            create=_create_repository_template
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ecr/repository_creation_template.go"),),
            properties={"prefix": REPLACE, "region": REPLACE},
        ),
        price=Free(reason="paid as the images in its repositories"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "ecr:CreateRepositoryCreationTemplate",
            "iam:PassRole",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
