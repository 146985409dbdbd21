"""Who deploys, into which account, and whether their policies let them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rf.kubernetes.karpenter import NODE_POOL, SPOT, requirement
from rf.preflight.row import Answer, PreflightRow, RowStatus, row_of, status_of
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.account.unreadable import GLOBAL_REGION, UnreadableError
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.registry import card_of, module_of
from rf.shared.cards.without import Without

SIMULATED_AT_ONCE = 50
"""Actions of one question, well below what a request may hold."""

_WHO = "who deploys"


def account(_account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """That the credentials are of the account that the stack names."""
    named = need.settings.aws_account_id
    if named is None:
        yield PreflightRow(
            check="account",
            subject="account",
            status=RowStatus.UNKNOWN,
            needed="the account that is meant for this stack",
            found=f"{need.account_id}; the stack names none, so any would be taken",
            fix=f"pulumi config set awsAccountId --stack {need.settings.stack} {need.account_id}",
        )
        return
    fine = named == need.account_id
    yield PreflightRow(
        check="account",
        subject="account",
        status=status_of(fine=fine),
        needed=named,
        found=need.account_id,
        fix="" if fine else "use credentials or a --profile of that account",
    )


def permissions(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """What IAM's simulation says of each service's actions, on all resources.

    A policy that allows an action on certain names alone counts as a refusal here.
    """
    for token in need.types():
        if card_of(token) is None:
            yield PreflightRow(
                check="permission",
                subject=token,
                status=RowStatus.UNKNOWN,
                needed="to create it",
                found="preflight doesn't know which actions that takes",
                fix=f"add a card of it to {module_of(token).replace('.', '/')}.py",
            )
    actions = sorted({each for token in need.types() for each in actions_of(token)})
    try:
        principal = _principal(account)
        decisions = _simulated(account, principal, actions)
    except UnreadableError as error:
        yield PreflightRow(
            check="permission",
            subject=_WHO,
            status=RowStatus.UNKNOWN,
            needed=f"{len(actions)} actions allowed",
            found=f"could not be simulated: {error}",
            fix="allow iam:SimulatePrincipalPolicy and iam:GetRole to these credentials; the root"
            " user can't be simulated, and should not deploy",
        )
        return
    for service in sorted({action.partition(":")[0] for action in actions}):
        own = [each for each in actions if each.startswith(f"{service}:")]
        yield _row(service, principal, own, decisions)


def actions_of(token: str) -> tuple[str, ...]:
    """The IAM actions that creating a resource of the type takes."""
    return tuple(each for each in _permissions(token) if isinstance(each, str))


def roles_of(token: str) -> tuple[ServiceLinkedRole, ...]:
    """The roles that services have once an account, and that a resource of the type needs."""
    return tuple(each for each in _permissions(token) if isinstance(each, ServiceLinkedRole))


def _permissions(token: str) -> tuple[str | ServiceLinkedRole, ...]:
    card = card_of(token)
    return card.permissions if card and not isinstance(card.permissions, Without) else ()


def service_roles(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """That each service's own role is there, or that its service may make it.

    That of spot machines is nobody's to make but people's: Karpenter asks for the machines, and its
    role makes no roles.
    """
    roles = sorted({role for token in need.types() for role in roles_of(token)})
    spot = any("spot" in requirement(pool, "capacity-type") for pool in need.inputs(NODE_POOL))
    for role in [*roles, *([SPOT] if spot else [])]:
        yield row_of(
            "service role",
            role.name,
            "there, or made with the first of its service's things",
            f"once in the account: `{role.command}`",
            lambda role=role: _there(account, need, role),
        )


def _there(account: Account, need: Need, role: ServiceLinkedRole) -> Answer:
    listed = account.listed(
        "iam", "ListRoles", "Roles", region=GLOBAL_REGION, PathPrefix="/aws-service-role/"
    )
    if any(each["RoleName"] == role.name for each in listed):
        return True, "there"
    if role == SPOT:
        return False, "not there, and Karpenter can't make it"
    decision = account.read(
        "iam",
        "SimulatePrincipalPolicy",
        region=GLOBAL_REGION,
        PolicySourceArn=_principal(account),
        ActionNames=["iam:CreateServiceLinkedRole"],
        ResourceArns=[f"arn:aws:iam::{need.account_id}:role/{role.path}"],
        ContextEntries=[
            {
                "ContextKeyName": "iam:AWSServiceName",
                "ContextKeyValues": [role.principal],
                "ContextKeyType": "string",
            }
        ],
    )["EvaluationResults"][0]
    allowed = _decision({"made": decision}, "made") == "allowed"
    return allowed, "not there, and may be made" if allowed else "not there, and may not be made"


def _row(
    service: str, principal: str, actions: list[str], decisions: Mapping[str, Mapping[str, Any]]
) -> PreflightRow:
    refused = [each for each in actions if _decision(decisions, each) not in ("allowed", "")]
    # A refusal under a condition whose value the simulation had not, and an action left out.
    unclear = [
        each
        for each in actions
        if not _decision(decisions, each)
        or (each in refused and decisions[each].get("MissingContextValues"))
    ]
    denied = [each for each in refused if each not in unclear]
    status = status_of(fine=not denied)
    result = f"refused: {', '.join(denied)}" if denied else "all allowed"
    if unclear and not denied:
        status = RowStatus.UNKNOWN
        result = f"depends on conditions: {', '.join(unclear)}"
    return PreflightRow(
        check="permission",
        subject=f"{service} for {principal.rpartition('/')[2]}",
        status=status,
        needed=f"{len(actions)} actions allowed",
        found=result,
        fix="" if status is RowStatus.PASS else _fix([*denied, *unclear]),
    )


def _fix(actions: Iterable[str]) -> str:
    return f"allow them in a policy of the principal: {', '.join(sorted(set(actions)))}"


def _decision(decisions: Mapping[str, Mapping[str, Any]], action: str) -> str:
    """IAM's word, `explicitDeny` where the organization says no, empty where nothing was said."""
    decision = decisions.get(action)
    if decision is None:
        return ""
    organization = decision.get("OrganizationsDecisionDetail") or {}
    if organization.get("AllowedByOrganizations") is False:
        return "explicitDeny"
    return str(decision["EvalDecision"])


def _principal(account: Account) -> str:
    """The user or role that policies hang on; of a session, its role with the role's path."""
    arn = account.read("sts", "GetCallerIdentity")["Arn"]
    if ":assumed-role/" not in arn:
        return arn
    role = arn.split(":assumed-role/", 1)[1].split("/")[0]
    return account.read("iam", "GetRole", region=GLOBAL_REGION, RoleName=role)["Role"]["Arn"]


def _simulated(
    account: Account, principal: str, actions: list[str]
) -> dict[str, Mapping[str, Any]]:
    decisions: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(actions), SIMULATED_AT_ONCE):
        results = account.listed(
            "iam",
            "SimulatePrincipalPolicy",
            "EvaluationResults",
            region=GLOBAL_REGION,
            PolicySourceArn=principal,
            ActionNames=actions[start : start + SIMULATED_AT_ONCE],
        )
        decisions |= {each["EvalActionName"]: each for each in results}
    return decisions
