"""Images that pods will pull, and names that must be free or already this stack's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rf.preflight.account import Account, UnreadableError
from rf.preflight.need import Need
from rf.preflight.owned import Owner
from rf.preflight.row import Answer, PreflightRow, row_of

_FREE = "free"
_ELSEWHERE = "another stack or somebody else has it: choose another stack name, or remove that"

_ABSENT = frozenset(
    {
        "DBInstanceNotFound",
        "DBInstanceNotFoundFault",
        "DBSnapshotNotFound",
        "DBSnapshotNotFoundFault",
        "ReplicationGroupNotFoundFault",
        "SnapshotNotFoundFault",
        "ResourceNotFoundException",
        "RepositoryNotFoundException",
        "ImageNotFoundException",
        "NoSuchBucket",
        "NotFoundException",
    }
)
"""How services say that there is no such thing."""


def images(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Each application's image by the tag or digest of the stack file."""
    for name, pin in need.settings.images.model_dump().items():
        repository = f"{need.settings.prefix}/{name}"
        key = "imageDigest" if pin.startswith("sha256:") else "imageTag"

        def question(repository: str = repository, key: str = key, pin: str = pin) -> Answer:
            existing = _existing(
                account,
                "ecr",
                "DescribeImages",
                "imageDetails",
                repositoryName=repository,
                imageIds=[{key: pin}],
            )
            return bool(existing), "it is there" if existing else "no such repository or image"

        yield row_of(
            "image",
            f"{repository}:{pin}" if key == "imageTag" else f"{repository}@{pin}",
            "in ECR before its pods start",
            "the repositories are made in the first minutes: `pulumi up --target"
            f" '**registry-{name}**' --target-dependents`, then `docker push` that image",
            question,
        )


def names(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """Every explicit name that two can't have."""
    for kind in _KINDS:
        for each in need.inputs(kind.made_of):
            name = each.get(kind.key)
            if not isinstance(name, str):
                continue
            yield row_of(
                "name",
                f"{kind.title} {name}",
                "free, or this stack's own",
                _ELSEWHERE,
                lambda name=name, kind=kind: kind.state(account, owner, name),
            )
    yield from _leftovers(account, need)


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A kind of thing with an explicit name, and how to ask for one of that name."""

    made_of: str
    key: str
    title: str
    state: Callable[[Account, Owner, str], Answer]


def _leftovers(account: Account, need: Need) -> Iterator[PreflightRow]:
    """Final snapshots of an earlier stack of this name, which a later removal would stumble on."""
    for each in need.inputs("aws:rds/instance:Instance"):
        name = each.get("finalSnapshotIdentifier")
        if name:
            yield row_of(
                "name",
                f"RDS snapshot {name}",
                "free: removing the stack makes it",
                f"aws rds copy-db-snapshot it to another name, then aws rds delete-db-snapshot"
                f" --db-snapshot-identifier {name}",
                lambda name=name: _free(
                    _existing(
                        account,
                        "rds",
                        "DescribeDBSnapshots",
                        "DBSnapshots",
                        DBSnapshotIdentifier=name,
                    )
                ),
            )
    for each in need.inputs("aws:elasticache/replicationGroup:ReplicationGroup"):
        name = each.get("finalSnapshotIdentifier")
        if name:
            yield row_of(
                "name",
                f"ElastiCache snapshot {name}",
                "free: removing the stack makes it",
                f"aws elasticache copy-snapshot it to another name, then aws elasticache"
                f" delete-snapshot --snapshot-name {name}",
                lambda name=name: _free(
                    _existing(
                        account,
                        "elasticache",
                        "DescribeSnapshots",
                        "Snapshots",
                        SnapshotName=name,
                    )
                ),
            )


def _database(account: Account, owner: Owner, name: str) -> Answer:
    existing = _existing(
        account, "rds", "DescribeDBInstances", "DBInstances", DBInstanceIdentifier=name
    )
    return _of_stack(owner, existing, lambda each: each.get("TagList"))


def _redis(account: Account, owner: Owner, name: str) -> Answer:
    existing = _existing(
        account,
        "elasticache",
        "DescribeReplicationGroups",
        "ReplicationGroups",
        ReplicationGroupId=name,
    )
    return _of_stack(
        owner,
        existing,
        lambda each: account.listed(
            "elasticache", "ListTagsForResource", "TagList", ResourceName=each["ARN"]
        ),
    )


def _cluster(account: Account, owner: Owner, name: str) -> Answer:
    try:
        answer = [account.read("eks", "DescribeCluster", name=name)["cluster"]]
    except UnreadableError as error:
        if error.code not in _ABSENT:
            raise
        answer = []
    return _of_stack(owner, answer, lambda each: _pairs(each.get("tags")))


def _bucket(account: Account, owner: Owner, name: str) -> Answer:
    """Buckets share one space of names with everybody's."""
    try:
        account.read("s3", "GetBucketLocation", Bucket=name)
    except UnreadableError as error:
        if error.code in _ABSENT:
            return True, _FREE
        if error.code == "AccessDenied":
            return False, "another account has it, or these credentials may not look at it"
        raise
    try:
        tags = account.listed("s3", "GetBucketTagging", "TagSet", Bucket=name)
    except UnreadableError as error:
        if error.code != "NoSuchTagSet":
            raise
        tags = []
    return _owned(fine=owner.tagged(tags))


def _repository(account: Account, owner: Owner, name: str) -> Answer:
    existing = _existing(
        account, "ecr", "DescribeRepositories", "repositories", repositoryNames=[name]
    )
    return _of_stack(
        owner,
        existing,
        lambda each: account.listed(
            "ecr", "ListTagsForResource", "tags", resourceArn=each["repositoryArn"]
        ),
    )


def _secret(account: Account, owner: Owner, name: str) -> Answer:
    """A deleted secret keeps its name until its recovery window is over."""
    try:
        answer = account.read("secretsmanager", "DescribeSecret", SecretId=name)
    except UnreadableError as error:
        if error.code in _ABSENT:
            return True, _FREE
        raise
    if answer.get("DeletedDate"):
        return False, (
            "scheduled for deletion: `aws secretsmanager restore-secret`, or delete it with"
            " --force-delete-without-recovery"
        )
    return _owned(fine=owner.tagged(answer.get("Tags")))


def _alias(account: Account, owner: Owner, name: str) -> Answer:
    aliases = account.listed("kms", "ListAliases", "Aliases")
    existing = [each for each in aliases if each["AliasName"] == name]
    return _of_stack(
        owner,
        existing,
        lambda each: [
            {"Key": tag["TagKey"], "Value": tag["TagValue"]}
            for tag in account.listed("kms", "ListResourceTags", "Tags", KeyId=each["TargetKeyId"])
        ],
    )


def _log_group(account: Account, owner: Owner, name: str) -> Answer:
    groups = account.listed("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    existing = [each for each in groups if each["logGroupName"] == name]
    return _of_stack(
        owner,
        existing,
        lambda each: _pairs(
            account.read(
                "logs", "ListTagsForResource", resourceArn=each["arn"].removesuffix(":*")
            ).get("tags")
        ),
    )


def _broker(account: Account, owner: Owner, name: str) -> Answer:
    brokers = account.listed("mq", "ListBrokers", "BrokerSummaries")
    existing = [each for each in brokers if each["BrokerName"] == name]
    return _of_stack(
        owner,
        existing,
        lambda each: _pairs(
            account.read("mq", "ListTags", ResourceArn=each["BrokerArn"]).get("Tags")
        ),
    )


_KINDS = (
    _Kind(made_of="aws:rds/instance:Instance", key="identifier", title="database", state=_database),
    _Kind(
        made_of="aws:elasticache/replicationGroup:ReplicationGroup",
        key="replicationGroupId",
        title="Redis",
        state=_redis,
    ),
    _Kind(made_of="aws:eks/cluster:Cluster", key="name", title="cluster", state=_cluster),
    _Kind(made_of="aws:s3/bucket:Bucket", key="bucket", title="bucket", state=_bucket),
    _Kind(
        made_of="aws:ecr/repository:Repository", key="name", title="repository", state=_repository
    ),
    _Kind(made_of="aws:secretsmanager/secret:Secret", key="name", title="secret", state=_secret),
    _Kind(made_of="aws:kms/alias:Alias", key="name", title="key alias", state=_alias),
    _Kind(made_of="aws:cloudwatch/logGroup:LogGroup", key="name", title="logs", state=_log_group),
    _Kind(made_of="aws:mq/broker:Broker", key="brokerName", title="broker", state=_broker),
)


def _existing(
    account: Account, service: str, operation: str, member: str, **parameters: Any
) -> list[Any]:
    """What a question for one thing finds: nothing where the service says there is none."""
    try:
        return account.listed(service, operation, member, **parameters)
    except UnreadableError as error:
        if error.code in _ABSENT:
            return []
        raise


def _of_stack(
    owner: Owner,
    existing: list[Any],
    tags_of: Callable[[Any], Iterable[Mapping[str, str]] | None],
) -> Answer:
    if not existing:
        return True, _FREE
    return _owned(fine=owner.tagged(tags_of(existing[0])))


def _owned(*, fine: bool) -> Answer:
    return fine, "this stack's own" if fine else "taken, without this stack's tags"


def _free(existing: list[Any]) -> Answer:
    return not existing, "taken" if existing else _FREE


def _pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
