"""Whose credentials, into which account, and what IAM's simulation says of the plan's actions."""

import dataclasses

import pytest

from rf.aws.ec2.network import VPC
from rf.preflight import check_access
from rf.preflight.row import RowStatus
from rf.shared.account.need import Need
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import settings_of
from scaleplan.config.stack_file import stack_names
from tests.commands.preflight.preflight_rows import only, verdicts

ROLE = "arn:aws:iam::123456789012:role/deployers/deployer"


class Simulation:
    """IAM's answers for a caller, whatever is asked: allowed, but for the decisions given."""

    def __init__(self, caller, decisions=None, *, more=None, failing=None):
        self.caller, self.decisions = caller, decisions or {}
        self.more, self.failing, self.asked = more or {}, failing, []

    def read(self, service, operation, *, region=None, **parameters):
        if operation == "GetCallerIdentity":
            return {"Arn": self.caller, "Account": "123456789012"}
        assert (operation, parameters) == ("GetRole", {"RoleName": "deployer"})
        return {"Role": {"Arn": ROLE}}

    def listed(self, service, operation, member, *, region=None, **parameters):
        assert (operation, member) == ("SimulatePrincipalPolicy", "EvaluationResults")
        if self.failing:
            raise self.failing
        self.asked += parameters["ActionNames"]
        self.principal = parameters["PolicySourceArn"]
        return [
            {
                "EvalActionName": action,
                "EvalDecision": self.decisions.get(action, "allowed"),
                **self.more.get(action, {}),
            }
            for action in parameters["ActionNames"]
        ]


def rows(simulation, need, owner):
    return list(check_access.permissions(simulation, need, owner))


SESSION = "arn:aws:sts::123456789012:assumed-role/deployer/someone"


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_every_type_that_a_stacks_plan_makes_has_its_actions(planned, stack):
    need = Need(plan=planned(stack), settings=settings_of(stack), account_id="123456789012")
    assert need.types()
    assert [token for token in need.types() if not check_access.actions_of(token)] == []


def test_actions_are_words_of_iam():
    for card in all_cards():
        for action in check_access.actions_of(card.type):
            service, _, name = action.partition(":")
            assert service.replace("-", "").isalnum()
            assert name[0].isupper()


def test_who_may_everything_passes_service_by_service(need, owner):
    simulation = Simulation(SESSION)
    found = rows(simulation, need, owner)
    assert set(verdicts(found).values()) == {"pass"}
    assert "rds:CreateDBInstance" in simulation.asked
    assert "iam:PassRole" in simulation.asked
    # A session's own ARN has no policies: its role, with the path, has them.
    assert simulation.principal == ROLE


@pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
def test_a_refused_action_fails_its_service_alone_and_is_named(need, owner, decision):
    found = rows(Simulation(SESSION, {"rds:CreateDBInstance": decision}), need, owner)
    failed = [row for row in found if row.status is RowStatus.FAIL]
    assert [row.subject.split()[0] for row in failed] == ["rds"]
    assert failed[0].found == "refused: rds:CreateDBInstance"
    assert "rds:CreateDBInstance" in failed[0].fix


def test_what_the_organization_forbids_fails(need, owner):
    detail = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
    found = rows(Simulation(SESSION, more={"eks:CreateCluster": detail}), need, owner)
    assert only(found, "eks for").status is RowStatus.FAIL


def test_a_refusal_that_hangs_on_a_condition_is_unknown(need, owner):
    more = {"s3:CreateBucket": {"MissingContextValues": ["aws:RequestedRegion"]}}
    simulation = Simulation(SESSION, {"s3:CreateBucket": "implicitDeny"}, more=more)
    found = only(rows(simulation, need, owner), "s3 for")
    assert found.status is RowStatus.UNKNOWN
    assert "s3:CreateBucket" in found.found


def test_a_type_whose_actions_nobody_wrote_down_is_unknown(need, owner, monkeypatch):
    def without_vpc(token):
        return None if token == VPC else card_of(token)

    monkeypatch.setattr(check_access, "card_of", without_vpc)
    assert only(rows(Simulation(SESSION), need, owner), "Vpc").status is RowStatus.UNKNOWN


def test_a_simulation_that_is_not_allowed_is_unknown_by_botocores_own_error(
    account, need, owner, answers
):
    role = {
        "Role": {
            "Arn": ROLE,
            "Path": "/",
            "RoleName": "d",
            "RoleId": "AROA1234567890123",
            "CreateDate": "2026-01-01T00:00:00Z",
        }
    }
    answers("sts", ("get_caller_identity", {"Arn": SESSION, "Account": "1", "UserId": "x"}))
    answers("iam", ("get_role", role), ("simulate_principal_policy", "AccessDenied"))
    (found,) = check_access.permissions(account, need, owner)
    assert found.status is RowStatus.UNKNOWN
    assert "iam:SimulatePrincipalPolicy: AccessDenied" in found.found


def in_account(need, account_id):
    settings = need.settings.model_copy(update={"aws_account_id": account_id})
    return dataclasses.replace(need, settings=settings)


@pytest.mark.parametrize(
    ("named", "verdict"), [("123456789012", "pass"), ("999999999999", "fail"), (None, "unknown")]
)
def test_the_account_is_the_one_that_the_stack_names(account, need, owner, named, verdict):
    asked: Need = in_account(need, named)
    (row,) = check_access.account(account, asked, owner)
    assert str(row.status) == verdict
    assert bool(row.fix) is (verdict != "pass")
