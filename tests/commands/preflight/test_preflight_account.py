"""What an account and region have one of: adopted or refused, and never overwritten unasked."""

import copy
import dataclasses
import json
import re

import pytest

from rf.kubernetes.karpenter import NODE_POOL, SPOT
from rf.preflight import check_access, check_account, check_names, check_nodes
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.cards.naming import AccountSetting, Naming
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.plan import redact
from scaleplan.identity.access import GUARD_DUTY_FEATURES
from tests.commands.preflight.conftest import (
    ACCOUNT_ID,
    OWN_TAGS,
    REGION,
    TAG_LIST,
)
from tests.commands.preflight.preflight_rows import only, verdicts
from tests.configurations import BEFORE_CITUS, RABBITMQ

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


# --- machine images


def test_machines_have_an_image_for_their_kubernetes_and_architecture(
    account, need, owner, answers
):
    version = need.settings.kubernetes_version
    published = {"Parameter": {"Name": "x", "Value": "ami-0123456789abcdef0"}}
    stub = answers("ssm", ("get_parameter", published), ("get_parameter", "ParameterNotFound"))
    rows = list(check_nodes.machine_images(account, need, owner))
    assert [str(row.status) for row in rows] == ["pass", "fail"]
    stub.assert_no_pending_responses()
    assert all(f"Kubernetes {version} on arm64" in row.subject for row in rows)
    assert f"/optimized-ami/{version}/amazon-linux-2023/arm64/standard" in rows[1].fix


def test_an_images_parameter_is_the_one_that_karpenter_asks_for(session, need, owner):
    asked = []
    session.events.register(
        "provide-client-params.ssm.GetParameter", lambda params, **_: asked.append(params["Name"])
    )
    list(check_nodes.machine_images(Account(session, REGION), need, owner))
    (node_class,) = need.inputs("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass")
    release = node_class["spec"]["amiSelectorTerms"][0]["alias"].removeprefix("al2023@")
    version = need.settings.kubernetes_version
    folder = f"/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/arm64/standard"
    assert asked == [
        f"{folder}/recommended/image_id",
        f"{folder}/amazon-eks-node-al2023-arm64-standard-{version}-{release}/image_id",
    ]


# --- names that are overwritten in silence


@pytest.fixture
def named(session, need, owner):
    """The verdict of each name, asked anew."""
    return lambda: verdicts(check_names.names(Account(session, REGION), need, owner))


def make_alarm(writer, name):
    writer.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="x",
        Namespace="x",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )


def make_rule(writer, name):
    writer.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")


def make_topic(writer, name):
    writer.client("sns").create_topic(Name=name)


def make_role(writer, name):
    writer.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


def make_document(writer, name):
    writer.client("ssm").create_document(
        Name=name, DocumentType="Command", Content=json.dumps({"schemaVersion": "2.2"})
    )


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("alarm", make_alarm),
        ("event rule", make_rule),
        ("topic", make_topic),
        ("role", make_role),
        ("session document", make_document),
    ],
)
def test_somebody_elses_thing_of_a_planned_name_is_not_overwritten_unasked(
    writer, named, kind, make
):
    subject = next(each for each in named() if each.startswith(f"{kind} "))
    assert named()[subject] == "pass"
    make(writer, subject.removeprefix(f"{kind} "))
    assert named()[subject] == "fail"


def test_a_name_is_asked_for_in_the_region_that_it_stands_in(session, writer, need, owner):
    name = "researchflow-prod-recovery"
    writer.client("backup", region_name="us-east-2").create_backup_vault(BackupVaultName=name)
    found = [
        str(row.status)
        for row in check_names.names(Account(session, REGION), need, owner)
        if row.subject == f"backup vault {name}"
    ]
    assert sorted(found) == ["fail", "pass"]


# --- what else there is


WITHIN_ANOTHER = {
    "aws:acm/certificate:Certificate": "certificates of one domain stand side by side",
    "aws:backup/plan:Plan": "plans are told by their ids",
    "aws:backup/selection:Selection": "part of its plan",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "part of its log group",
    "aws:guardduty/detectorFeature:DetectorFeature": "part of its detector",
    "aws:route53/record:Record": "a record that is there is refused; proofs of one name are one",
    "aws:route53/zone:Zone": "asked about by the check of the domain",
}
"""Explicit names that are no account's, and why."""

NAMES = ("name", "identifier", "userId", "userGroupId", "brokerName", "domainName", "policyName")


@pytest.mark.parametrize("overrides", [(), RABBITMQ, BEFORE_CITUS])
def test_every_name_that_an_account_has_once_is_asked_about(planned, overrides):
    plan = planned("prod", overrides=overrides)
    unasked = set()
    for each in plan.resources:
        card = card_of(each.type) if each.type.startswith("aws:") else None
        named = any(isinstance(redact(each.inputs).get(key), str) for key in NAMES)
        if card and named and not isinstance(card.naming, Naming | AccountSetting):
            unasked.add(each.type)
    assert unasked - WITHIN_ANOTHER.keys() == set()


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
    assert len(settings) == 6
    assert all(setting.needed and setting.fix for setting in settings)
