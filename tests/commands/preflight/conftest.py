"""An account in moto, what production needs of it, and answers that moto doesn't know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader
from botocore.stub import Stubber
from moto import mock_aws

from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.stacks import settings_of

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
"""Moto's own, and that of an offline plan."""

PLANNED_FAMILIES = re.compile(r"[cmr][67]i?g?\.|t4g\.")

UNKNOWN_TO_MOTO = frozenset(
    {
        "elasticache:DescribeCacheEngineVersions",
        "elasticache:DescribeReservedCacheNodesOfferings",
        "iam:SimulatePrincipalPolicy",
        "rds:DescribeDBEngineVersions",
        "service-quotas:GetAWSDefaultServiceQuota",
    }
)

ANSWERED_FOR_MOTO: dict[str, dict[str, Any] | str] = {
    "ec2:DescribeVpcBlockPublicAccessOptions": {
        "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}
    },
    "ec2:GetAllowedImagesSettings": {"State": "disabled"},
    "ecr:DescribePullThroughCacheRules": "PullThroughCacheRuleNotFoundException",
    "ecr:DescribeRepositoryCreationTemplates": "TemplateNotFoundException",
    "elasticache:DescribeUserGroups": "UserGroupNotFound",
}
"""What a new account says to questions that moto doesn't know: an answer, or AWS's error."""

OWN_TAGS = {"managed-by": "pulumi", "project": "researchflow", "stack": "prod"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in OWN_TAGS.items()]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """Credentials of nobody, and an empty account behind them."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    # Hundreds of machine images that no check asks for, read anew for each account.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        session = _new_session()
        session.events.register("before-call", _as_a_new_account)
        yield session


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any] | str], None]:
    """Plant an answer for every question of one operation: `planted("ecr:DescribeRegistry", …)`."""
    return lambda operation, answer: monkeypatch.setitem(ANSWERED_FOR_MOTO, operation, answer)


def _as_a_new_account(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
    answer = ANSWERED_FOR_MOTO.get(f"{model.service_model.service_name}:{model.name}")
    match answer:
        case None:
            return None
        case str():
            return _refusal(answer)
        case _:
            return AWSResponse("https://planted", 200, {}, None), answer


def _refusal(code: str) -> tuple[AWSResponse, dict[str, Any]]:
    error = {"Error": {"Code": code, "Message": "planted"}, "ResponseMetadata": {}}
    return AWSResponse("https://planted", 400, {}, None), error


@pytest.fixture(scope="session", autouse=True)
def _few_instance_types() -> Iterator[None]:
    """Moto answers with a thousand EC2 classes in XML, each time; plans look for these of them."""
    # Here, for it takes longer to load than all else that is collected.
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, InstanceTypeBackend

    def few(classes: list[Any]) -> list[Any]:
        return [each for each in classes if PLANNED_FAMILIES.match(each["InstanceType"])]

    with pytest.MonkeyPatch.context() as patch:
        known = InstanceTypeBackend.instance_types
        patch.setattr(InstanceTypeBackend, "instance_types", few(known))
        offered = INSTANCE_TYPE_OFFERINGS["availability-zone"]
        patch.setitem(offered, REGION, few(offered[REGION]))
        yield


@pytest.fixture
def writer(session: boto3.Session) -> boto3.Session:
    """Somebody else in the same account, who may write: the tests, which put things there."""
    assert session
    return _other_session()


DESCRIPTIONS = Loader()
"""The services' descriptions, megabytes of JSON that each session would read anew."""


@cache
def _other_session() -> boto3.Session:
    """One for all tests: it knows nothing of the account, which is each test's own."""
    return _new_session()


def _new_session() -> boto3.Session:
    core = botocore.session.get_session()
    core.register_component("data_loader", DESCRIPTIONS)
    return boto3.Session(botocore_session=core, region_name=REGION)


@pytest.fixture
def account(session: boto3.Session) -> Account:
    return Account(session, REGION)


@pytest.fixture(scope="session")
def need(planned: Any) -> Need:
    return Need(plan=planned("prod"), settings=settings_of("prod"), account_id=ACCOUNT_ID)


@pytest.fixture(scope="session")
def small_need(planned: Any) -> Need:
    return Need(plan=planned("dev"), settings=settings_of("dev"), account_id=ACCOUNT_ID)


@pytest.fixture(scope="session")
def owner(need: Need) -> Owner:
    return Owner.of(need)


@pytest.fixture
def answers(account: Account) -> Iterator[Callable[..., Any]]:
    """Plant answers of one service, in the order in which they are asked for.

    An answer is a response, or a text: the code of AWS's error.
    """
    with ExitStack() as stack:

        def plant(service: str, *steps: tuple[str, dict[str, Any] | str], region: str = REGION):
            stubber = stack.enter_context(_stubbed(account.client(service, region)))
            for method, answer in steps:
                if isinstance(answer, str):
                    stubber.add_client_error(method, service_error_code=answer)
                else:
                    stubber.add_response(method, answer)
            return stubber

        yield plant


@pytest.fixture
def checked(account: Account, need: Need, owner: Owner, answers: Callable[..., Any]) -> Any:
    """The rows of one check of production, with answers of one service planted for it."""

    def rows(check: Any, service: str, *steps: Any) -> list[Any]:
        answers(service, *steps)
        return list(check(account, need, owner))

    return rows


@pytest.fixture
def faults(session: boto3.Session) -> dict[str, str]:
    """Errors by `service:Operation`, or by `*` for all that moto doesn't know; filled by tests."""
    planted: dict[str, str] = {}

    def refuse(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        operation = f"{model.service_model.service_name}:{model.name}"
        code = planted.get(operation) or (
            planted.get("*") if operation in UNKNOWN_TO_MOTO else None
        )
        if code is None:
            return None
        return _refusal(code)

    session.events.register_first("before-call", refuse)
    return planted


@contextmanager
def _stubbed(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
