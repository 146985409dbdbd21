"""Rules of who may do what in the account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    ACCESS_KEY,
    GROUP_ATTACHMENT,
    IAM_USER,
    KEY,
    LOGIN_PROFILE,
    PASSWORD,
    POD_IDENTITY,
    POLICY_ATTACHMENT,
    REPLICA_KEY,
    ROLE,
    ROLE_ATTACHMENT,
    SESSION_DOCUMENT,
    USER_ATTACHMENT,
)
from ..shared.values import at, statements, texts

KEYS = (KEY, REPLICA_KEY)
_READS_WITHOUT_NAMES = re.compile(r"^[a-z0-9-]+:(Describe|List)[A-Za-z]+$")

_NAMELESS_ACTIONS = frozenset(
    {
        "cloudwatch:GetMetricData",
        "ecr:GetAuthorizationToken",
        "pricing:GetProducts",
        "tag:GetResources",
    }
)
"""Actions that take no resource (AWS, Service Authorization Reference, column "Resource types")."""

_NAMED_CALLERS = re.compile(r"^aws:(PrincipalArn|Source(Account|Arn)|PrincipalOrgID)$")

_KEY_POLICY_FAMILIES = frozenset({"kms:*", "kms:GenerateDataKey*", "kms:ReEncrypt*"})
"""In a key's own policy `*` is that key; these families belong together (KMS, "Key policies")."""

_EVERYTHING = re.compile(r"AdministratorAccess|PowerUserAccess|FullAccess$|:policy/IAMFullAccess")


def allowed(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """The statements that allow something, of every document in the inputs."""
    return (each for each in statements(resource.inputs) if each.get("Effect") == "Allow")


def called(statement: Mapping[str, Any]) -> str:
    """What a violation calls a statement."""
    return str(statement.get("Sid", "a statement"))


def _wildcard_action(resource: Resource, stack: StackResources) -> Iterator[str]:
    own_key = resource.type in KEYS
    for each in allowed(resource):
        for action in texts(each.get("Action")):
            if "*" in action and not (own_key and action in _KEY_POLICY_FAMILIES):
                yield f"{called(each)} allows {action}"
        negated = sorted(each.keys() & {"NotAction", "NotResource", "NotPrincipal"})
        if negated:
            yield f"{called(each)} allows all but {', '.join(negated)}"


def _wildcard_resource(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type in KEYS:
        return
    for each in allowed(resource):
        actions = texts(each.get("Action"))
        nameless = all(
            _READS_WITHOUT_NAMES.match(action) or action in _NAMELESS_ACTIONS for action in actions
        )
        if "*" in texts(each.get("Resource")) and not nameless:
            yield f"{called(each)} allows {', '.join(actions)} on every resource"


def _anyone(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in allowed(resource):
        principal = each.get("Principal")
        anyone = principal == "*" or (
            isinstance(principal, Mapping) and "*" in texts(principal.get("AWS"))
        )
        tests: Mapping[str, Mapping[str, Any]] = each.get("Condition", {})
        named = any(_NAMED_CALLERS.match(key) for test in tests.values() for key in test)
        if anyone and not named:
            yield f"{called(each)} allows anyone"


def _managed_policy(resource: Resource, stack: StackResources) -> Iterator[str]:
    arn = str(at(resource.inputs, "policyArn", ""))
    if _EVERYTHING.search(arn):
        yield f"attaches {arn.rsplit('/', 1)[-1]}"


def _human_role(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in allowed(resource):
        principal = each.get("Principal")
        named = texts(principal.get("AWS")) if isinstance(principal, Mapping) else []
        # A session of a role was asked when it began, and can't be asked again.
        people = [arn for arn in named if ":role/" not in arn]
        second = at(each, "Condition", {})
        factor = any("aws:MultiFactorAuthPresent" in test for test in second.values())
        if people and not factor:
            yield "lets people of the account in without a second factor"


def _static_keys(resource: Resource, stack: StackResources) -> Iterator[str]:
    yield "is a credential that never expires; pods and pipelines take roles"


FOR_SERVICES = frozenset(
    {
        "AmazonEBSCSIDriverPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKS_CNI_Policy",
        "AmazonEKSClusterPolicy",
        "AmazonEKSWorkerNodePolicy",
        "AmazonRDSEnhancedMonitoringRole",
        "AmazonSSMManagedInstanceCore",
    }
)
"""Policies that AWS writes for a service's own role, as its documentation asks for them."""

LONGEST_SESSION_SECONDS = 3600
SHORTEST_PASSWORD = 24
"""Characters of a password that only programs use: 128 bits, of letters and digits."""


def _for_services(resource: Resource, stack: StackResources) -> Iterator[str]:
    arn = str(at(resource.inputs, "policyArn", ""))
    name = arn.rsplit("/", 1)[-1]
    if arn.startswith("arn:aws:iam::aws:policy/") and name not in FOR_SERVICES:
        yield f"attaches {name}, which AWS wrote for people, and widens as it likes"


def _role_of_one(resource: Resource, stack: StackResources) -> Iterator[str]:
    roles = resource.points_at.get("roleArn", frozenset[str]())
    for other in stack.of_type(POD_IDENTITY):
        shared = roles & other.points_at.get("roleArn", frozenset[str]())
        if other.urn != resource.urn and any(urn.split("::")[2].endswith(ROLE) for urn in shared):
            yield f"gives its pods the role of {other.name}"


def _short_password(resource: Resource, stack: StackResources) -> Iterator[str]:
    length = at(resource.inputs, "length", 0)
    if length < SHORTEST_PASSWORD:
        yield f"has {length} characters"


def _session_logged(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "documentType") != "Session":
        return
    session = at(json.loads(at(resource.inputs, "content", "{}")), "inputs", {})
    for key in ("cloudWatchLogGroupName", "cloudWatchEncryptionEnabled"):
        if not at(session, key):
            yield f"opens shells without {key}: what was typed there is known to nobody"
    if not at(session, "cloudWatchStreamingEnabled"):
        yield "logs a shell when it ends, if it ends as it should"


def _session_short(resource: Resource, stack: StackResources) -> Iterator[str]:
    seconds = at(resource.inputs, "maxSessionDuration", LONGEST_SESSION_SECONDS)
    if seconds > LONGEST_SESSION_SECONDS:
        yield f"may be held for {seconds // 3600} hours"


RULES = (
    Rule(
        id="iam-no-wildcard-action",
        layer=RuleLayer.IDENTITY,
        demand="No IAM statement allows an action by `*`, or all but what it lists.",
        reason="Next year's actions of the service are granted today, and nobody reads them.",
        source="AWS Security Hub, IAM.21; IAM user guide, Security best practices",
        remedy="name the actions that are called",
        check=_wildcard_action,
    ),
    Rule(
        id="iam-no-wildcard-resource",
        layer=RuleLayer.IDENTITY,
        demand="No IAM statement that changes something, or reads data, allows every resource.",
        reason="One pod's role would reach the stores of every other stack in the account.",
        source="IAM user guide, Security best practices, least privilege",
        remedy="give ARNs, or a pattern with the stack's prefix",
        check=_wildcard_resource,
    ),
    Rule(
        id="policy-names-callers",
        layer=RuleLayer.IDENTITY,
        demand="No policy of a resource lets in anyone who isn't named.",
        reason="`Principal: *` without a condition on the caller is open to every AWS account.",
        source="AWS Security Hub, SQS.3, SNS.4, S3.6; IAM user guide, Principal",
        remedy="name the service or role, with aws:SourceArn or aws:SourceAccount for services",
        check=_anyone,
    ),
    Rule(
        id="iam-no-administrator",
        layer=RuleLayer.IDENTITY,
        demand="No role carries a managed policy of everything.",
        reason="Whoever gets such a role owns the account and every patient's record in it.",
        source="AWS Security Hub, IAM.1",
        remedy="attach a policy of what the role does",
        types=(
            ROLE_ATTACHMENT,
            POLICY_ATTACHMENT,
            USER_ATTACHMENT,
            GROUP_ATTACHMENT,
        ),
        check=_managed_policy,
    ),
    Rule(
        id="role-for-people-needs-mfa",
        layer=RuleLayer.IDENTITY,
        demand="A role that people may assume asks for a second factor, if not by another role.",
        reason="A stolen laptop's access key would otherwise break the glass alone.",
        source="HIPAA Security Rule, 45 CFR 164.312(d); IAM user guide, MFA-protected API access",
        remedy="add the condition aws:MultiFactorAuthPresent to the trust policy",
        types=(ROLE,),
        check=_human_role,
    ),
    Rule(
        id="iam-no-static-keys",
        layer=RuleLayer.IDENTITY,
        demand="The program makes no IAM user, access key or console password.",
        reason="Such keys never expire, are copied, and leak; roles last an hour.",
        source="AWS Security Hub, IAM.3, IAM.22; IAM user guide, Security best practices",
        remedy="use EKS Pod Identity for pods and OIDC for pipelines",
        types=(
            ACCESS_KEY,
            IAM_USER,
            LOGIN_PROFILE,
        ),
        check=_static_keys,
    ),
    Rule(
        id="iam-managed-for-services",
        layer=RuleLayer.IDENTITY,
        demand="Of AWS' own policies a role carries those for a service's role alone.",
        reason="The others name every resource of an account, and grow without a review here.",
        source="IAM user guide, Security best practices, Get started with AWS managed policies",
        remedy="write a policy of what the role does",
        types=(ROLE_ATTACHMENT,),
        check=_for_services,
    ),
    Rule(
        id="pod-roles-apart",
        layer=RuleLayer.IDENTITY,
        demand="No two service accounts of pods share a role.",
        reason="What one of them needs, the other can do as well, and the trail can't tell them.",
        source="EKS best practices, Identity and access management, least privilege",
        remedy="make a role for each in `components/identity/pod_roles.py`",
        types=(POD_IDENTITY,),
        check=_role_of_one,
        whole_stack=True,
    ),
    Rule(
        id="passwords-long",
        layer=RuleLayer.IDENTITY,
        demand=f"A password that the program makes has {SHORTEST_PASSWORD} characters or more.",
        reason="No person types it, so nothing speaks for a short one.",
        source="NIST SP 800-63B, 5.1.1; OWASP, Cryptographic Storage Cheat Sheet",
        remedy="set `length` of the RandomPassword",
        types=(PASSWORD,),
        check=_short_password,
    ),
    Rule(
        id="sessions-logged",
        layer=RuleLayer.IDENTITY,
        demand="A shell on a machine is logged, encrypted, while it is typed.",
        reason="Whoever has broken the glass is root; the log is all that tells what for.",
        source="HIPAA Security Rule, 45 CFR 164.312(b); Session Manager docs, Logging sessions",
        remedy="keep the document of `components/identity/break_glass.py`",
        types=(SESSION_DOCUMENT,),
        check=_session_logged,
    ),
    Rule(
        id="sessions-short",
        layer=RuleLayer.IDENTITY,
        demand="A role is held for an hour at most.",
        reason="A stolen session is of use for as long as it lasts.",
        source="IAM user guide, Update a role's maximum session duration",
        remedy="leave maxSessionDuration at 3600",
        types=(ROLE,),
        check=_session_short,
    ),
)
