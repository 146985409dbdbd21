"""Whose credentials, into which account, and what IAM's simulation says of the plan's actions."""

import copy
import dataclasses
import re

import pytest

from rf.aws.ec2.network import VPC
from rf.kubernetes.karpenter import NODE_POOL, SPOT
from rf.preflight import check_access
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import settings_of
from scaleplan.config.stack_file import stack_names
from tests.commands.preflight.conftest import ACCOUNT_ID, REGION
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


# --- roles of services


class Roles:
    """IAM: these roles are there, others may be made but for the principals refused."""

    def __init__(self, *names, refused=()):
        self.names, self.refused, self.asked = names, refused, []

    def listed(self, service, operation, member, *, region=None, **parameters):
        assert (operation, member) == ("ListRoles", "Roles")
        assert parameters["PathPrefix"] == "/aws-service-role/"
        return [{"RoleName": name} for name in self.names]

    def read(self, service, operation, *, region=None, **parameters):
        if operation == "GetCallerIdentity":
            return {"Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/deployer"}
        assert operation == "SimulatePrincipalPolicy"
        (arn,), (context,) = parameters["ResourceArns"], parameters["ContextEntries"]
        (principal,) = context["ContextKeyValues"]
        assert re.fullmatch(
            rf"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/{principal}/\w+", arn
        )
        self.asked.append(principal)
        decision = "implicitDeny" if principal in self.refused else "allowed"
        return {"EvaluationResults": [{"EvalDecision": decision}]}


def roles(iam, need, owner):
    return {row.subject: row for row in check_access.service_roles(iam, need, owner)}


def test_a_service_may_make_its_role_with_its_first_thing(need, owner):
    found = roles(Roles(), need, owner)
    assert {row.status for row in found.values()} == {RowStatus.PASS}
    assert {"AWSServiceRoleForRDS", "AWSServiceRoleForCloudFrontVPCOrigin"} <= found.keys()


def test_a_role_that_may_not_be_made_is_made_by_hand_once(need, owner):
    row = roles(Roles(refused=["rds.amazonaws.com"]), need, owner)["AWSServiceRoleForRDS"]
    assert row.status is RowStatus.FAIL
    assert "aws iam create-service-linked-role --aws-service-name rds.amazonaws.com" in row.fix


def test_a_role_that_is_there_need_not_be_allowed(need, owner):
    iam = Roles("AWSServiceRoleForRDS", refused=["rds.amazonaws.com"])
    assert roles(iam, need, owner)["AWSServiceRoleForRDS"].status is RowStatus.PASS
    assert "rds.amazonaws.com" not in iam.asked


class NeedOfSpot(Need):
    """What a stack asks for whose workers stand on spot machines."""

    def inputs(self, token):
        found = copy.deepcopy(super().inputs(token))
        if token == NODE_POOL:
            for pool in found:
                requirements = pool["spec"]["template"]["spec"]["requirements"]
                (kinds,) = [each for each in requirements if each["key"].endswith("capacity-type")]
                kinds["values"] = ["spot", "on-demand"]
        return found


@pytest.mark.parametrize(("there", "verdict"), [([], "fail"), ([SPOT.name], "pass")])
def test_karpenter_makes_no_role_for_spot_machines(need, owner, there, verdict):
    assert SPOT.name not in roles(Roles(*there), need, owner)
    spot = NeedOfSpot(plan=need.plan, settings=need.settings, account_id=need.account_id)
    assert str(roles(Roles(*there), spot, owner)[SPOT.name].status) == verdict


def test_roles_that_can_not_be_listed_are_unknown(session, need, owner, faults):
    faults["iam:ListRoles"] = "AccessDenied"
    found = list(check_access.service_roles(Account(session, REGION), need, owner))
    assert {row.status for row in found} == {RowStatus.UNKNOWN}
