"""What an account and region have one of: made by this stack, adopted, or in its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.aws.ecr import REPOSITORY, replication_rules
from rf.aws.guardduty import standing_detector
from rf.preflight.row import Answer, PreflightRow, row_of
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards.naming import AccountSetting
from rf.shared.cards.registry import all_cards
from scaleplan.identity.access import GUARD_DUTY_FEATURES

_CHECK = "account setting"
_AMAZON = "amazon"
_LETS_OUT = ("off", "block-ingress")


def singletons(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """Each of the plan's resources that an account has one of, by its card."""
    for card in all_cards():
        setting = card.naming
        if not isinstance(setting, AccountSetting):
            continue
        for inputs in need.inputs(card.type):
            there = account.at(inputs.get("region") or need.settings.region)
            yield row_of(
                _CHECK,
                f"{setting.title} in {there.region}",
                setting.needed,
                setting.fix,
                lambda setting=setting, inputs=inputs, there=there: setting.state(
                    there, owner, inputs
                ),
            )


def adopted(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """What the stack leaves to others does for it what its own would."""
    if need.settings.audit.guard_duty_adopted:
        yield row_of(
            _CHECK,
            f"adopted GuardDuty detector in {account.region}",
            f"on, with {', '.join(GUARD_DUTY_FEATURES)}",
            "ask whoever looks after it to switch that on, or set audit.guardDutyAdopted: false,"
            " and the stack makes one",
            lambda: _watches(standing_detector(account)),
        )
    recovery = need.settings.disaster_recovery
    if recovery.image_rules_adopted:
        prefix = f"{need.settings.prefix}/"
        yield row_of(
            _CHECK,
            f"adopted rules of image replication in {account.region}",
            f"a rule that copies {prefix} to {recovery.region}, in this account",
            "add that rule where the registry's rules are made, or set"
            " disasterRecovery.imageRulesAdopted: false where there are none",
            lambda: _copies(replication_rules(account), prefix, recovery.region, need.account_id),
        )


def _watches(detector: Mapping[str, Any] | None) -> Answer:
    if detector is None:
        return False, "there is none"
    on = {
        each["Name"] for each in detector.get("Features") or () if each.get("Status") == "ENABLED"
    }
    missing = [feature for feature in GUARD_DUTY_FEATURES if feature not in on]
    if detector.get("Status") != "ENABLED":
        return False, "it is switched off"
    return not missing, f"without {', '.join(missing)}" if missing else "on, with all of them"


def _copies(rules: list[Mapping[str, Any]], prefix: str, region: str, account_id: str) -> Answer:
    """A rule without filters copies every repository (ECR API, ReplicationRule)."""
    for rule in rules:
        filters = [each["filter"] for each in rule.get("repositoryFilters") or ()]
        there = {(each["region"], each["registryId"]) for each in rule["destinations"]}
        takes = not filters or any(prefix.startswith(each) for each in filters)
        if takes and (region, account_id) in there:
            return True, "one does"
    return False, f"none of {len(rules)} does"


def settings(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Settings of account and region that the program makes nothing of, and that it runs under."""
    if any(
        (each.get("imageScanningConfiguration") or {}).get("scanOnPush")
        for each in need.inputs(REPOSITORY)
    ):
        prefix = f"{need.settings.prefix}/"
        yield row_of(
            _CHECK,
            f"registry scanning in {account.region}",
            f"images of {prefix} are scanned when they are pushed",
            "add a rule for them to those there: `aws ecr put-registry-scanning-configuration`",
            lambda: _scans(account, prefix),
        )
    yield row_of(
        _CHECK,
        f"VPC block public access in {account.region}",
        "nodes reach the internet through their NAT gateways",
        "exclude the VPC once it is made (`aws ec2 create-vpc-block-public-access-exclusion"
        " --internet-gateway-exclusion-mode allow-egress`), or let egress pass in the account",
        lambda: _egress(account),
    )
    yield row_of(
        _CHECK,
        f"allowed machine images in {account.region}",
        "Amazon's own, of which EKS' nodes are",
        "add the provider amazon: `aws ec2 replace-image-criteria-in-allowed-images-settings`",
        lambda: _amazon_images(account),
    )


def _scans(account: Account, prefix: str) -> Answer:
    """Under basic scanning the repository's own setting holds; enhanced scanning goes by the
    registry's rules alone, whose filters match a part of a name (ECR guide, "Filter wildcards")."""
    found = account.read("ecr", "GetRegistryScanningConfiguration")["scanningConfiguration"]
    if found.get("scanType", "BASIC") == "BASIC":
        return True, "basic: each repository says for itself"
    for rule in found.get("rules") or ():
        filters = [each["filter"] for each in rule["repositoryFilters"]]
        if rule["scanFrequency"] != "MANUAL" and any(_matches(each, prefix) for each in filters):
            return True, f"enhanced, by the rule for {', '.join(filters)}"
    return False, "enhanced, and no rule takes them in"


def _matches(pattern: str, prefix: str) -> bool:
    """Whether a filter takes in every name that begins with the prefix."""
    start, star, rest = pattern.partition("*")
    if not star:
        return pattern in prefix
    return prefix.startswith(start) and rest.strip("*") == ""


def _egress(account: Account) -> Answer:
    options = account.read("ec2", "DescribeVpcBlockPublicAccessOptions")
    mode = options["VpcBlockPublicAccessOptions"].get("InternetGatewayBlockMode", "off")
    return mode in _LETS_OUT, str(mode)


def _amazon_images(account: Account) -> Answer:
    found = account.read("ec2", "GetAllowedImagesSettings")
    if found.get("State") != "enabled":
        return True, str(found.get("State", "disabled"))
    providers = {
        each
        for rule in found.get("ImageCriteria") or ()
        for each in rule.get("ImageProviders") or ()
    }
    return _AMAZON in providers, f"enabled for {', '.join(sorted(providers)) or 'nobody'}"
