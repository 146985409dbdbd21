"""What an account and region have one of: adopted or refused, and never overwritten unasked."""

import dataclasses
import json
import re

import pytest

from rf.preflight import check_account
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.cards.naming import AccountSetting
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.stacks import settings_of
from scaleplan.identity.access import GUARD_DUTY_FEATURES
from tests.commands.preflight.conftest import (
    ACCOUNT_ID,
    OWN_TAGS,
    REGION,
    TAG_LIST,
)
from tests.commands.preflight.preflight_rows import only, verdicts
from tests.configurations import BEFORE_CITUS, COPIED_IMAGES

RULES_IN_THE_WAY = "rules of image replication"
OTHERS_RULE = {
    "destinations": [{"region": "eu-west-1", "registryId": ACCOUNT_ID}],
    "repositoryFilters": [{"filter": "payroll/", "filterType": "PREFIX_MATCH"}],
}


@pytest.fixture
def singletons(session, need, owner):
    return lambda: list(check_account.singletons(Account(session, REGION), need, owner))


def test_in_an_account_that_has_nothing_yet_nothing_is_in_the_way(singletons):
    rows = singletons()
    assert set(verdicts(rows).values()) == {"pass"}
    assert {"GuardDuty detector in us-east-1", "template of copied repositories in us-east-2"} <= {
        row.subject for row in rows
    }


@pytest.mark.parametrize(("tags", "verdict"), [(OWN_TAGS, "pass"), ({}, "fail")])
def test_the_one_detector_is_this_stacks_or_is_adopted_by_a_key(writer, singletons, tags, verdict):
    writer.client("guardduty").create_detector(Enable=True, Tags=tags)
    row = only(singletons(), "GuardDuty detector")
    assert str(row.status) == verdict
    assert ("audit.guardDutyAdopted: true" in row.fix) == (verdict == "fail")


@pytest.fixture
def put_rules(planted):
    """Rules that stand in the registry; moto takes one at most."""

    def put(*rules):
        registry = {"registryId": ACCOUNT_ID, "replicationConfiguration": {"rules": list(rules)}}
        planted("ecr:DescribeRegistry", registry)

    return put


def own_rules(need):
    (inputs,) = need.inputs("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    return inputs["replicationConfiguration"]["rules"]


def test_others_rules_of_replication_are_not_overwritten_unasked(put_rules, need, singletons):
    put_rules(OTHERS_RULE)
    row = only(singletons(), RULES_IN_THE_WAY)
    assert row.status is RowStatus.FAIL
    assert "payroll/ to eu-west-1" in row.found
    assert "disasterRecovery.imageRulesAdopted: true" in row.fix
    put_rules(OTHERS_RULE, *own_rules(need))
    assert only(singletons(), RULES_IN_THE_WAY).status is RowStatus.FAIL


def test_this_stacks_own_rules_are_not_in_its_way(put_rules, need, singletons):
    put_rules(*own_rules(need))
    assert only(singletons(), RULES_IN_THE_WAY).status is RowStatus.PASS


def test_a_sixth_trail_of_a_region_is_refused_before_aws_does(writer, singletons):
    writer.client("s3").create_bucket(Bucket="logs-of-others")
    trails = writer.client("cloudtrail")
    for number in range(5):
        assert only(singletons(), "trail").status is RowStatus.PASS
        trails.create_trail(
            Name=f"other-{number}", S3BucketName="logs-of-others", IsMultiRegionTrail=True
        )
    row = only(singletons(), "trail")
    assert (row.status, row.found) == (RowStatus.FAIL, "5 of 5 in the region are others'")


@pytest.mark.parametrize(("tags", "verdict"), [(TAG_LIST, "pass"), ([], "fail")])
def test_a_trail_of_that_name_is_this_stacks_or_in_the_way(writer, singletons, tags, verdict):
    writer.client("s3").create_bucket(Bucket="logs-of-somebody")
    writer.client("cloudtrail").create_trail(
        Name="researchflow-prod", S3BucketName="logs-of-somebody", TagsList=tags
    )
    assert str(only(singletons(), "trail").status) == verdict


def put_log_policy(writer, name, *resources):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": list(resources),
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    writer.client("logs").put_resource_policy(policyName=name, policyDocument=json.dumps(document))


def test_a_log_policy_of_that_name_is_kept_where_it_lets_in_others(writer, singletons):
    put_log_policy(writer, "researchflow-prod-database-backups", "arn:aws:logs:*:*:log-group:other")
    assert only(singletons(), "log policy").status is RowStatus.FAIL


def test_the_eleventh_log_policy_of_a_region_is_refused_before_aws_does(writer, singletons):
    for number in range(10):
        assert only(singletons(), "log policy").status is RowStatus.PASS
        put_log_policy(writer, f"other-{number}", "*")
    assert only(singletons(), "log policy").status is RowStatus.FAIL


@pytest.mark.parametrize(
    ("operation", "subject"),
    [
        ("guardduty:ListDetectors", "GuardDuty detector"),
        ("ecr:DescribeRegistry", RULES_IN_THE_WAY),
        ("cloudtrail:DescribeTrails", "trail"),
        ("logs:DescribeResourcePolicies", "log policy"),
        ("cloudfront:ListKeyValueStores", "key value store"),
        ("ecr:DescribeRepositoryCreationTemplates", "template of copied"),
    ],
)
def test_what_can_not_be_read_is_unknown(singletons, faults, operation, subject):
    faults[operation] = "AccessDeniedException"
    row = only(singletons(), subject)
    assert row.status is RowStatus.UNKNOWN
    assert operation in row.fix


@pytest.mark.parametrize(
    "standing", [(None, "pass"), ("quay.io", "pass"), ("registry.k8s.io", "fail")]
)
def test_a_rule_of_copied_images_is_this_stacks_or_in_the_way(
    session, planned, owner, planted, standing
):
    upstream, verdict = standing
    settings = settings_of("prod", overrides=COPIED_IMAGES)
    plan = planned("prod", overrides=COPIED_IMAGES)
    if upstream is not None:
        rule = {"ecrRepositoryPrefix": "any", "upstreamRegistryUrl": upstream}
        planted("ecr:DescribePullThroughCacheRules", {"pullThroughCacheRules": [rule]})
    need = Need(plan=plan, settings=settings, account_id=ACCOUNT_ID)
    rows = check_account.singletons(Account(session, REGION), need, owner)
    found = {str(row.status) for row in rows if "rule of copied images" in row.subject}
    # Each of the five prefixes finds the one that was planted, which is one registry's alone.
    assert found == ({"pass"} if upstream is None else {"pass", "fail"})
    assert verdict in found


# --- adopted


@pytest.fixture
def adopted(session, planned, need, owner):
    settings = need.settings
    audit = settings.audit.model_copy(update={"guard_duty_adopted": True})
    recovery = settings.disaster_recovery.model_copy(update={"image_rules_adopted": True})
    asked = dataclasses.replace(
        need, settings=settings.model_copy(update={"audit": audit, "disaster_recovery": recovery})
    )
    return lambda: list(check_account.adopted(Account(session, REGION), asked, owner))


def test_a_stack_that_adopts_makes_neither_detector_nor_rules(planned):
    plan = planned("prod", overrides=BEFORE_CITUS)
    assert plan.of_type("aws:guardduty/detector:Detector") == []
    assert plan.of_type("aws:guardduty/detectorFeature:DetectorFeature") == []
    assert plan.of_type("aws:ecr/replicationConfiguration:ReplicationConfiguration") == []
    # The copies' repositories are still made in the recovery region as this stack wants them.
    assert plan.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")


def test_a_stack_that_adopts_nothing_is_asked_nothing_of_it(account, need, owner):
    assert list(check_account.adopted(account, need, owner)) == []


def test_what_is_adopted_must_be_there(adopted):
    assert set(verdicts(adopted()).values()) == {"fail"}


@pytest.mark.parametrize(
    ("enabled", "features", "verdict"),
    [
        (True, GUARD_DUTY_FEATURES, "pass"),
        (True, GUARD_DUTY_FEATURES[1:], "fail"),
        (False, GUARD_DUTY_FEATURES, "fail"),
    ],
)
def test_an_adopted_detector_watches_what_this_stacks_own_would(
    writer, adopted, enabled, features, verdict
):
    writer.client("guardduty").create_detector(
        Enable=enabled, Features=[{"Name": name, "Status": "ENABLED"} for name in features]
    )
    row = only(adopted(), "detector")
    assert str(row.status) == verdict
    if enabled and verdict == "fail":
        assert row.found == f"without {GUARD_DUTY_FEATURES[0]}"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "pass"),
        ({"repositoryFilters": []}, "pass"),
        ({"repositoryFilters": OTHERS_RULE["repositoryFilters"]}, "fail"),
        ({"destinations": OTHERS_RULE["destinations"]}, "fail"),
    ],
)
def test_adopted_rules_copy_this_stacks_images_to_its_recovery_region(
    put_rules, need, adopted, change, verdict
):
    (own,) = own_rules(need)
    put_rules(OTHERS_RULE, {**own, **change})
    assert str(only(adopted(), "rules").status) == verdict


# --- settings that the program makes nothing of


@pytest.fixture
def settings(session, need, owner):
    return lambda: list(check_account.settings(Account(session, REGION), need, owner))


def test_a_new_account_has_no_setting_that_is_in_the_way(settings):
    rows = settings()
    assert len(rows) == 3
    assert set(verdicts(rows).values()) == {"pass"}


@pytest.mark.parametrize(
    ("pattern", "frequency", "verdict"),
    [
        ("*", "CONTINUOUS_SCAN", "pass"),
        ("researchflow-prod/*", "SCAN_ON_PUSH", "pass"),
        ("researchflow", "SCAN_ON_PUSH", "pass"),
        ("payroll/*", "SCAN_ON_PUSH", "fail"),
        ("researchflow-prod/web*", "SCAN_ON_PUSH", "fail"),
        ("*", "MANUAL", "fail"),
    ],
)
def test_where_the_registry_decides_what_is_scanned_our_images_are(
    writer, settings, pattern, frequency, verdict
):
    writer.client("ecr").put_registry_scanning_configuration(
        scanType="ENHANCED",
        rules=[
            {
                "scanFrequency": frequency,
                "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}],
            }
        ],
    )
    assert str(only(settings(), "scanning").status) == verdict


@pytest.mark.parametrize(
    ("mode", "verdict"), [("block-ingress", "pass"), ("block-bidirectional", "fail")]
)
def test_nodes_must_get_out_of_their_vpc(planted, settings, mode, verdict):
    options = {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}}
    planted("ec2:DescribeVpcBlockPublicAccessOptions", options)
    assert str(only(settings(), "block public access").status) == verdict


@pytest.mark.parametrize(
    ("state", "providers", "verdict"),
    [
        ("enabled", ["amazon"], "pass"),
        ("enabled", ["aws-marketplace"], "fail"),
        ("enabled", [], "fail"),
        ("audit-mode", [], "pass"),
    ],
)
def test_nodes_need_amazons_machine_images(planted, settings, state, providers, verdict):
    criteria = [{"ImageProviders": providers}]
    planted("ec2:GetAllowedImagesSettings", {"State": state, "ImageCriteria": criteria})
    assert str(only(settings(), "machine images").status) == verdict


# --- what else there is


OF_AN_ACCOUNT = re.compile(
    r"aws:(accessanalyzer/analyzer|apigateway/account|backup/(Global|Region)Settings"
    r"|cfg/(recorder|deliveryChannel)|cloudwatch/(logAccountPolicy|logResourcePolicy)"
    r"|ebs/(default|encryption|snapshot)|ec2/(imageBlockPublicAccess|instanceMetadataDefaults"
    r"|serialConsoleAccess|vpcBlockPublicAccess|allowedImages)|ecr/(accountSetting|registry|replication"
    r"|repositoryCreationTemplate)|guardduty/detector:|iam/(account|openIdConnectProvider"
    r"|serviceLinkedRole)|inspector2?/|macie2?/|s3/accountPublicAccessBlock|securityhub/account"
    r"|sns/smsPreferences|ssm/serviceSetting|xray/encryptionConfig)",
    re.IGNORECASE,
)
"""Types of the provider of which an account and region, or a name in them, have one."""


@pytest.mark.parametrize("stack", ["prod", "prod-dr", "staging", "dev"])
def test_what_an_account_has_one_of_is_asked_about_before_it_is_made(planned, stack):
    types = {each.type for each in planned(stack).resources if OF_AN_ACCOUNT.match(each.type)}
    for token in types:
        card = card_of(token)
        assert card, token
        assert isinstance(card.naming, AccountSetting), token
    if stack == "prod":
        assert len(types) == 4


def test_a_setting_says_what_is_needed_and_what_to_do():
    settings = [card.naming for card in all_cards() if isinstance(card.naming, AccountSetting)]
    assert len(settings) == 7
    assert all(setting.needed and setting.fix for setting in settings)
