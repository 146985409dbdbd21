"""A type that no module of the product names: one file with its card, and every command knows it.

The file is `cards_of_tests/sagemaker.py`. Its type is real, so that SDK, API's model and emulator
have it; the program has none of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

import rf.aws
from rf.check.residency.leaks import leaks_of
from rf.cost.coverage import PriceStatus, coverage_of
from rf.cost.stock import stock_of
from rf.drill.control_planes import control_plane_of
from rf.grow.classify import Kind, step_between
from rf.preflight.check_access import permissions
from rf.preflight.check_names import names
from rf.preflight.check_quotas import quotas
from rf.preflight.row import PreflightRow, RowStatus
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards import registry
from rf.shared.cards.lifecycle import Standing, Task
from rf.shared.cards.prices import fixed
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.offline.record import record
from rf.shared.offline.violations import OfflineError
from rf.shared.plan import RecordedPlan
from rf.shared.plan_document import PlanDocument, read_document
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.comparisons import ReadBack
from rf.shared.sandbox.registry import lifecycle_of
from rf.shared.sandbox.verify import WHOLE_WORLD
from rf.shared.stacks import settings_of
from rf.up.bring_up import bring_up
from scaleplan.cost.month import estimate
from tests.commands.cost.cost_cases import a_load, hand_worked_book
from tests.sandbox.conftest import REGION, SmallPlan
from tests.stack_config import accepted

FOLDER = Path(__file__).with_name("cards_of_tests")
MODULE = "rf.aws.sagemaker"
NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"

ROLE = "arn:aws:iam::123456789012:role/data"
PROGRAM = """
import pulumi, pulumi_aws as aws
provider = aws.Provider("aws", region="us-east-1")
aws.sagemaker.NotebookInstance(
    "notes", name="researchflow-notes", role_arn="{role}", instance_type="{instance_type}",
    volume_size={gib}, opts=pulumi.ResourceOptions(provider=provider),
)
"""


def _forget() -> None:
    for each in vars(registry).values():
        getattr(each, "cache_clear", lambda: None)()
    importlib.invalidate_caches()
    sys.modules.pop(MODULE, None)
    if hasattr(rf.aws, "sagemaker"):
        delattr(rf.aws, "sagemaker")


@pytest.fixture(autouse=True)
def _card(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder beside the product's own, for one test."""
    monkeypatch.setattr(rf.aws, "__path__", [*rf.aws.__path__, str(FOLDER)])
    _forget()
    yield
    monkeypatch.undo()
    _forget()


Planned = Callable[..., RecordedPlan]


@pytest.fixture
def notebook(program: Callable[[str], Path]) -> Planned:
    """The offline plan of a program that has one."""

    def plan(instance_type: str = "ml.t3.medium", gib: int = 20) -> RecordedPlan:
        text = PROGRAM.format(role=ROLE, instance_type=instance_type, gib=gib)
        return record(program(text), "researchflow", "test")

    return plan


def _only(plan: RecordedPlan) -> Any:
    (resource,) = plan.of_type(NOTEBOOK)
    return resource


def test_the_product_itself_has_no_card_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    _forget()
    assert registry.card_of(NOTEBOOK) is None


def test_an_offline_plan_has_what_the_service_computes(notebook: Planned) -> None:
    resource = _only(notebook())
    assert resource.resource_id == "researchflow-notes"
    assert resource.outputs["arn"].endswith(":notebook-instance/researchflow-notes")


def test_an_offline_plan_refuses_a_value_that_the_api_does_not_have(notebook: Planned) -> None:
    with pytest.raises(OfflineError, match=r"wrong-value: instanceType .* nearest: ml.t3.medium"):
        notebook("ml.t3.mediums")


@pytest.mark.usefixtures("lent")
def test_up_creates_it_and_reads_it_back(program: Callable[[str], Path], tmp_path: Path) -> None:
    text = PROGRAM.format(role=ROLE, instance_type="ml.t3.medium", gib=20)
    result = bring_up(program(text), "researchflow", "test", out=tmp_path / "out")
    assert [created.id for created in result.created.values()] == ["researchflow-notes"]
    assert _only(result.plan).outputs["arn"].startswith("arn:aws:sagemaker:us-east-1:")
    assert not result.missing
    assert [
        (check.kind, check.name, check.subject, check.expected, check.status)
        for check in result.checks
        if check.name != WHOLE_WORLD
    ] == [
        ("notebook", "notes", "class", "ml.t3.medium", ReadBack.OK),
        ("notebook", "notes", "volume", 20, ReadBack.OK),
    ]


def test_it_is_stopped_before_it_is_deleted(small_plan: SmallPlan, api: Api) -> None:
    inputs = {"name": "notes", "instanceType": "ml.t3.medium", "roleArn": ROLE}
    created = small_plan.create(NOTEBOOK, "notes", inputs)
    task = Task(api=api, urn="", name="notes", region=REGION, account_id=ACCOUNT_ID, invented={})
    standing = Standing(id=created.id, inputs=inputs, outputs=created.outputs)
    lifecycle_of(NOTEBOOK).delete(task, standing)
    assert task.call("sagemaker", "ListNotebookInstances")["NotebookInstances"] == []


def _document(plan: RecordedPlan) -> PlanDocument:
    return read_document(plan.to_json())


@pytest.mark.parametrize(
    ("later", "kind", "outage", "dangerous"),
    [
        ({"instance_type": "ml.m5.xlarge"}, Kind.RESTART, "minutes: it is stopped first", False),
        ({"gib": 40}, Kind.RESTART, "minutes", False),
        ({"gib": 10}, Kind.REPLACE, "minutes", True),
    ],
)
def test_growth_says_what_a_change_does_to_it(
    notebook: Planned, later: Mapping[str, Any], kind: Kind, outage: str, dangerous: bool
) -> None:
    step = step_between(_document(notebook()), _document(notebook(**later)))
    (change,) = step.changes
    assert (change.kind, change.outage, change.stateful) == (kind, outage, True)
    assert step.safe is not dangerous
    assert all("notebooks that nobody has committed" in each.what for each in step.findings)


def test_the_bill_counts_it_by_the_key_of_its_price(notebook: Planned) -> None:
    plan = notebook()
    assert stock_of(plan) == {"sagemaker:ml.t3.medium": fixed(1)}
    coverage = coverage_of(plan, estimate(accepted(), a_load(), hand_worked_book()))
    (found,) = [each for each in coverage.types if each.type == NOTEBOOK]
    assert (found.status, found.reason) == (
        PriceStatus.UNPRICED,
        "the bill has no line of sagemaker:",
    )


class SomeAccount:
    """An account in which somebody else has notebooks; everybody may do everything but tag them."""

    region = "us-east-1"
    denied = "sagemaker:AddTags"

    def __init__(self, *notebooks: str) -> None:
        self.notebooks = notebooks

    def at(self, region: str) -> SomeAccount:
        assert region == self.region
        return self

    def read(self, _service: str, operation: str, **_parameters: Any) -> Mapping[str, Any]:
        match operation:
            case "GetCallerIdentity":
                return {"Arn": ROLE}
            case "GetServiceQuota":
                return {"Quota": {"Value": 2.0, "Adjustable": True}}
            case _:
                raise AssertionError(operation)

    def listed(self, _service: str, operation: str, _member: str, **parameters: Any) -> list[Any]:
        match operation:
            case "ListNotebookInstances":
                return [
                    {"NotebookInstanceName": name, "NotebookInstanceArn": f"arn:{name}"}
                    for name in self.notebooks
                ]
            case "SimulatePrincipalPolicy":
                return [
                    {
                        "EvalActionName": action,
                        "EvalDecision": "implicitDeny" if action == self.denied else "allowed",
                    }
                    for action in parameters["ActionNames"]
                ]
            case _:
                return []


Check = Callable[[Account, Need, Owner], Iterator[PreflightRow]]


@pytest.fixture
def rows(notebook: Planned) -> Callable[..., list[PreflightRow]]:
    need = Need(plan=notebook(), settings=settings_of("dev"), account_id=ACCOUNT_ID)

    def found(check: Check, *notebooks: str) -> list[PreflightRow]:
        account = cast("Account", SomeAccount(*notebooks))
        return [
            row
            for row in check(account, need, Owner.of(need))
            if "sagemaker" in row.subject or "notebook" in row.subject
        ]

    return found


def test_preflight_knows_its_permissions(rows: Callable[..., list[PreflightRow]]) -> None:
    (row,) = rows(permissions)
    assert (row.needed, row.found) == ("2 actions allowed", "refused: sagemaker:AddTags")


def test_preflight_knows_its_quota(rows: Callable[..., list[PreflightRow]]) -> None:
    (row,) = rows(quotas, "a", "b", "researchflow-notes")
    assert (row.status, row.needed, row.found) == (RowStatus.FAIL, "1", "2, others use 2")
    assert rows(quotas, "a")[0].status is RowStatus.PASS


def test_preflight_knows_its_name(rows: Callable[..., list[PreflightRow]]) -> None:
    assert [row.status for row in rows(names)] == [RowStatus.PASS]
    assert [row.status for row in rows(names, "researchflow-notes")] == [RowStatus.FAIL]


def test_its_data_may_not_lie_outside(notebook: Planned) -> None:
    assert [leak.found for leak in leaks_of(notebook()) if NOTEBOOK in leak.urn] == [
        "stands in us-east-1"
    ]


def test_a_drill_knows_that_no_other_region_stops_its_changes() -> None:
    assert control_plane_of(NOTEBOOK, "us-west-2") is None
