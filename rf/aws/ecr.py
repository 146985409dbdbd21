"""Image repositories, and the copies of their images in another region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import existing, of_stack, owned
from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging, change, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import AccountSetting, Answer, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Row, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

REPOSITORY = "aws:ecr/repository:Repository"


_MUTABILITY: Mapping[str, Any] = {
    "imageTagMutability": "MUTABLE",
    "imageTagMutabilityExclusionFilters": [],
}
"""Whether tags can move, by the API's defaults."""


_LIFECYCLE_POLICY = Calls(
    service="ecr",
    create="PutLifecyclePolicy",
    read="GetLifecyclePolicy",
    update=AS_CREATED,
    delete="DeleteLifecyclePolicy",
    identifier="{repository}",
    by={"repositoryName": "{repository}"},
    renames={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
)


def _invented_registry_rules(_registration: Registration) -> Computed:
    """One a registry, known by its account."""
    return Computed(ACCOUNT_ID, {"registryId": ACCOUNT_ID})


_REGISTRY_RULES = Calls(
    service="ecr",
    create="PutReplicationConfiguration",
    read="DescribeRegistry",
    update=AS_CREATED,
    delete="PutReplicationConfiguration",
    identifier="{account}",
    found="",
    gone={"replicationConfiguration.rules": []},
    fixed_by_delete={"replicationConfiguration": {"rules": []}},
    outputs={"registryId": "{account}"},
)
"""A registry always has rules: where it has none they count as gone."""


def _regions(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["region"] for rule in rules for each in rule["destinations"]]


def _filters(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["filter"] for rule in rules for each in rule.get("repositoryFilters") or []]


def _compared_rules(listed: Callable[[list[Mapping[str, Any]]], list[str]]) -> Row:
    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        wanted, actual = (
            listed(each["replicationConfiguration"]["rules"]) for each in (inputs, reading.thing)
        )
        return wanted, actual

    return row


def _invented_repository(registration: Registration) -> Computed:
    name = registration.named()
    url = f"{ACCOUNT_ID}.dkr.ecr.{registration.where}.amazonaws.com/{name}"
    arn = registration.arn("ecr", f"repository/{name}")
    outputs = {"name": name, "arn": arn, "repositoryUrl": url, "registryId": ACCOUNT_ID}
    return Computed(name, outputs)


_REPOSITORY = Calls(
    service="ecr",
    create="CreateRepository",
    read="DescribeRepositories",
    delete="DeleteRepository",
    name=Name(parameter="repositoryName", limit=256),
    renames={"name": "repositoryName"},
    provider_only=("forceDelete",),
    outputs={"arn": "repositoryArn", "repositoryUrl": "repositoryUri", "registryId": "registryId"},
    tagging=Tagging(
        add="TagResource",
        remove="UntagResource",
        by="resourceArn",
        tags="tags",
        keys="tagKeys",
        read="ListTagsForResource",
        found="tags",
    ),
)


def _update_repository(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Its two settings have a call of their own each; one that is left out is the API's default."""
    old = standing.inputs
    mutability = {key: inputs.take(key) or default for key, default in _MUTABILITY.items()}
    if mutability != {key: old.get(key) or default for key, default in _MUTABILITY.items()}:
        told = {key: value for key, value in mutability.items() if value}
        task.send("ecr", "PutImageTagMutability", told, repositoryName=standing.id)
    scanning = inputs.take("imageScanningConfiguration") or {"scanOnPush": False}
    if scanning != (old.get("imageScanningConfiguration") or {"scanOnPush": False}):
        setting = {"imageScanningConfiguration": scanning}
        task.send("ecr", "PutImageScanningConfiguration", setting, repositoryName=standing.id)
    return change(_REPOSITORY, task, standing, inputs)


def _delete_repository(task: Task, standing: Standing) -> None:
    """With its images, where the program says so; else the API refuses while there are any."""
    force = {"force": bool(standing.inputs.get("forceDelete"))}
    take_away(replace(_REPOSITORY, fixed_by_delete=force), task, standing)


def _mutability(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("imageTagMutability", "MUTABLE"), reading.thing["imageTagMutability"]


def _scan_on_push(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    wanted = (inputs.get("imageScanningConfiguration") or {}).get("scanOnPush", False)
    return wanted, reading.thing["imageScanningConfiguration"]["scanOnPush"]


def _wanted_encryption(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return (inputs.get("encryptionConfigurations") or [{}])[0]


def _encryption(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    wanted = _wanted_encryption(inputs).get("encryptionType", "AES256")
    return wanted, reading.thing["encryptionConfiguration"]["encryptionType"]


def _key(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    key = _wanted_encryption(inputs).get("kmsKey")
    return (key, reading.thing["encryptionConfiguration"].get("kmsKey")) if key else None


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


_TEMPLATE = Calls(
    service="ecr",
    create="CreateRepositoryCreationTemplate",
    read="DescribeRepositoryCreationTemplates",
    update="UpdateRepositoryCreationTemplate",
    delete="DeleteRepositoryCreationTemplate",
    identifier="{prefix}",
    by={"prefix": "{prefix}"},
    outputs={"registryId": "{account}"},
)


def _rules_state(account: Account, _owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """A registry has one set of rules, which PutReplicationConfiguration replaces as a whole."""
    wanted = inputs["replicationConfiguration"]["rules"]
    standing = replication_rules(account)
    if not standing:
        return True, "none yet"
    others = [each for each in standing if each not in wanted]
    if not others:
        return owned(fine=True)
    copied = [
        f"{' '.join(_filters([each])) or 'all images'} to {' '.join(_regions([each]))}"
        for each in others
    ]
    return False, f"others' rules would be overwritten: {', '.join(copied)}"


def replication_rules(account: Account) -> list[Mapping[str, Any]]:
    """The rules by which the registry of the account's region copies images.

    Raises UnreadableError.
    """
    registry = account.read("ecr", "DescribeRegistry")
    return registry.get("replicationConfiguration", {}).get("rules") or []


def _template_state(account: Account, _owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """A template is this stack's where it says that it is."""
    found = existing(
        account,
        "ecr",
        "DescribeRepositoryCreationTemplates",
        "repositoryCreationTemplates",
        prefixes=[inputs["prefix"]],
    )
    return _state_of_prefix(found, inputs, "description")


def _state_of_prefix(
    found: Sequence[Mapping[str, Any]], inputs: Mapping[str, Any], key: str
) -> Answer:
    """A prefix has one of them, which bears no tags: what `key` says tells whose it is."""
    return (True, "free") if not found else owned(fine=found[0].get(key) == inputs.get(key))


def _invented_rule(registration: Registration) -> Computed:
    return Computed(registration.text("ecrRepositoryPrefix"), {"registryId": ACCOUNT_ID})


_CACHE_RULE = Calls(
    service="ecr",
    create="CreatePullThroughCacheRule",
    read="DescribePullThroughCacheRules",
    update="UpdatePullThroughCacheRule",
    delete="DeletePullThroughCacheRule",
    identifier="{ecrRepositoryPrefix}",
    by={"ecrRepositoryPrefix": "{ecrRepositoryPrefix}"},
    outputs={"registryId": "{account}"},
)


def _cache_rule_state(account: Account, _owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """A rule is this stack's where it copies the same registry."""
    found = existing(
        account,
        "ecr",
        "DescribePullThroughCacheRules",
        "pullThroughCacheRules",
        ecrRepositoryPrefixes=[inputs["ecrRepositoryPrefix"]],
    )
    return _state_of_prefix(found, inputs, "upstreamRegistryUrl")


CARDS = (
    Card(
        type="aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        computed=_invented_rule,
        values=by_model("ecr:CreatePullThroughCacheRule"),
        lifecycle=_CACHE_RULE.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ecr/pull_through_cache_rule.go"),),
            properties={
                "credentialArn": IN_PLACE,
                "customRoleArn": IN_PLACE,
                "ecrRepositoryPrefix": REPLACE,
                "region": REPLACE,
                "upstreamRegistryUrl": REPLACE,
                "upstreamRepositoryPrefix": REPLACE,
            },
        ),
        price=Free(reason="paid as the images in its repositories"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="rule of copied images",
            needed="none of this prefix, or this stack's own",
            fix="where nobody needs it: `aws ecr delete-pull-through-cache-rule"
            " --ecr-repository-prefix` it",
            state=_cache_rule_state,
        ),
        permissions=(
            "ecr:CreatePullThroughCacheRule",
            ServiceLinkedRole(
                principal="pullthroughcache.ecr.amazonaws.com",
                name="AWSServiceRoleForECRPullThroughCache",
            ),
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        computed=of_inputs("repository"),
        values=by_model("ecr:PutLifecyclePolicy"),
        lifecycle=_LIFECYCLE_POLICY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            alone="a repository has one, which the old one's deletion takes away",
            source=(
                provider("ecr/lifecycle_policy.go (no update)"),
                guide(
                    "ECR user guide", "Automate the cleanup of images by using lifecycle policies"
                ),
            ),
            properties={
                "repository": REPLACE,
                "policy": PropertyRule(
                    effect=REPLACE,
                    why="images that the new one lets go are deleted within a day",
                ),
            },
        ),
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
        lifecycle=_REGISTRY_RULES.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="registry replication",
            rows={"regions": _compared_rules(_regions), "repositories": _compared_rules(_filters)},
        ),
        changes=Changes(
            source=(provider("ecr/replication_configuration.go"),),
            properties={
                "replicationConfiguration": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="images pushed from then on reach only the regions that are named",
                )
            },
        ),
        price=Free(reason="paid as the images it copies"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="rules of image replication",
            needed="none, or this stack's own: a registry has one set of them",
            fix="add a rule for this stack's prefix and recovery region to those that stand, where"
            " they are made, and set disasterRecovery.imageRulesAdopted: true; the stack then"
            " makes none",
            state=_rules_state,
        ),
        permissions=(
            "ecr:PutReplicationConfiguration",
            ServiceLinkedRole(
                principal="replication.ecr.amazonaws.com", name="AWSServiceRoleForECRReplication"
            ),
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=REPOSITORY,
        computed=_invented_repository,
        values=by_model("ecr:CreateRepository"),
        lifecycle=_REPOSITORY.lifecycle(update=_update_repository, delete=_delete_repository),
        creation=SECONDS,
        verification=Verification(
            kind="image repository",
            rows={
                "tags": _mutability,
                "scan on push": _scan_on_push,
                "encryption": _encryption,
                "key": _key,
            },
        ),
        changes=Changes(
            holds="images",
            source=(provider("ecr/repository.go"),),
            properties={
                "name": REPLACE,
                "encryptionConfigurations": REPLACE,
                "imageScanningConfiguration": IN_PLACE,
                "imageTagMutability": PropertyRule(
                    to={"MUTABLE": DANGEROUS},
                    effect=IN_PLACE,
                    why="a tag that runs could be pushed over",
                ),
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
        lifecycle=_TEMPLATE.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ecr/repository_creation_template.go"),),
            properties={
                "prefix": REPLACE,
                "region": REPLACE,
                **dict.fromkeys(
                    (
                        "appliedFors",
                        "customRoleArn",
                        "description",
                        "encryptionConfigurations",
                        "imageTagMutability",
                        "imageTagMutabilityExclusionFilters",
                        "lifecyclePolicy",
                        "repositoryPolicy",
                        "resourceTags",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="paid as the images in its repositories"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="template of copied repositories",
            needed="none of this prefix, or this stack's own",
            fix="where nobody needs it: `aws ecr delete-repository-creation-template --prefix` it",
            state=_template_state,
        ),
        permissions=(
            "ecr:CreateRepositoryCreationTemplate",
            "iam:PassRole",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
