"""Who publishes to what, in every stack's recorded plan: the topic, queue or log admits it, and so
does the key that encrypts it. An alarm without either right is heard by nobody."""

import pytest

from rf.shared.plan import reveal
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names
from tests.program.identity.resource_policies import admits

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
KEYS = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOG_POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
SUBSCRIPTION = "aws:rds/eventSubscription:EventSubscription"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TRAIL = "aws:cloudtrail/trail:Trail"

CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENTBRIDGE = "events.amazonaws.com"
RDS = "events.rds.amazonaws.com"
ACCOUNT, SOMEBODY_ELSES = "123456789012", "999999999999"
TLS = {"aws:SecureTransport": "true"}
ENCRYPTING = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a publisher needs of a topic's key (SNS developer guide, "Configuring KMS permissions")."""

LOGGING = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptTo",
)
"""CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using KMS"."""


@pytest.fixture(params=stack_names(PROJECT_ROOT))
def plan(request, serving):
    return serving(request.param)


def inputs_of(plan, token):
    return [reveal(each.inputs) for each in plan.of_type(token)]


def key_policies(plan):
    return {
        each.outputs["arn"]: reveal(each.inputs)["policy"]
        for token in KEYS
        for each in plan.of_type(token)
    }


def topics_of(plan):
    """Policy and key of each topic."""
    policies = {each["arn"]: each["policy"] for each in inputs_of(plan, TOPIC_POLICY)}
    return {
        each.outputs["arn"]: (policies[each.outputs["arn"]], each.inputs["kmsMasterKeyId"])
        for each in plan.of_type(TOPIC)
    }


def publications(plan):
    """Each service with a topic that it is to publish to."""
    for alarm in inputs_of(plan, ALARM):
        for topic in (*alarm["alarmActions"], *alarm["okActions"]):
            yield CLOUDWATCH, topic
    for subscription in inputs_of(plan, SUBSCRIPTION):
        yield RDS, subscription["snsTopic"]
    for target in inputs_of(plan, EVENT_TARGET):
        if target["arn"].startswith("arn:aws:sns:"):
            yield EVENTBRIDGE, target["arn"]


def asked_by(service, account):
    """The source, as a service sends it to SNS and KMS. None of EventBridge: neither the policy of
    a topic nor that of its key can ask it for one (EventBridge user guide, "Amazon SNS
    permissions"; SNS developer guide, "Configuring KMS permissions")."""
    return {} if service == EVENTBRIDGE else {"aws:SourceAccount": account}


def may_publish(topic, policies, service, account=ACCOUNT):
    arn, (policy, key) = topic
    source = asked_by(service, account)
    use = source | {"kms:EncryptionContext:aws:sns:topicArn": arn.replace(ACCOUNT, account)}
    return (
        admits(policy, service, "sns:Publish", arn, source | TLS),
        all(admits(policies[key], service, action, key, use) for action in ENCRYPTING),
    )


def test_who_publishes_to_a_topic_may_do_so_and_use_its_key(plan):
    topics, policies = topics_of(plan), key_policies(plan)
    found = set(publications(plan))
    assert {service for service, _ in found} >= {CLOUDWATCH, RDS}
    for service, arn in found:
        assert may_publish((arn, topics[arn]), policies, service) == (True, True), (service, arn)
        policy, _ = topics[arn]
        in_plain_text = asked_by(service, ACCOUNT) | {"aws:SecureTransport": "false"}
        assert not admits(policy, service, "sns:Publish", arn, in_plain_text), (service, arn)


def test_nobody_else_may_and_no_other_account(plan):
    topics, policies = topics_of(plan), key_policies(plan)
    of_eventbridge = {arn for service, arn in publications(plan) if service == EVENTBRIDGE}
    for topic in topics.items():
        arn, _ = topic
        assert may_publish(topic, policies, "s3.amazonaws.com") == (False, False), arn
        for service in (CLOUDWATCH, RDS):
            assert may_publish(topic, policies, service, SOMEBODY_ELSES) == (False, False), arn
        to_topic, to_key = may_publish(topic, policies, EVENTBRIDGE, SOMEBODY_ELSES)
        assert (to_topic, to_key) == (arn in of_eventbridge, False), arn


def test_a_publisher_stands_in_the_region_of_its_topic(plan):
    (provider,) = plan.of_type("pulumi:providers:aws")
    home = reveal(provider.inputs)["region"]
    for token, key in ((ALARM, "alarmActions"), (SUBSCRIPTION, "snsTopic"), (EVENT_TARGET, "arn")):
        for publisher in inputs_of(plan, token):
            arns = publisher[key] if isinstance(publisher[key], list) else [publisher[key]]
            assert {arn.split(":")[3] for arn in arns} == {publisher.get("region") or home}, arns


def test_a_rule_of_events_may_fill_its_queue_or_log_and_no_other_rule_may(plan):
    rules = {each.inputs.get("name", each.resource_id): each for each in plan.of_type(EVENT_RULE)}
    queues = dict.fromkeys(each["policy"] for each in inputs_of(plan, QUEUE_POLICY))
    logs = [each["policyDocument"] for each in inputs_of(plan, LOG_POLICY)]
    checked = 0
    for target in inputs_of(plan, EVENT_TARGET):
        arn = target["arn"]
        actions, policies = {
            "sqs": (("sqs:SendMessage",), queues),
            "logs": (("logs:CreateLogStream", "logs:PutLogEvents"), logs),
        }.get(arn.split(":")[2], ((), ()))
        resource = f"{arn}:log-stream:day" if actions and arn.split(":")[2] == "logs" else arn
        for action in actions:
            asking = {rules[target["rule"]].outputs["arn"]: True, "arn:other": False}
            if action == "logs:CreateLogStream":
                # On whose behalf, EventBridge says only with the lines themselves.
                asking = {None: True}
            for rule, may in asking.items():
                asked = TLS | ({"aws:SourceArn": rule} if rule else {})
                found = [admits(each, EVENTBRIDGE, action, resource, asked) for each in policies]
                assert any(found) == may, (action, arn, rule)
                checked += 1
    assert checked


def test_every_log_and_the_trail_may_use_the_key_that_encrypts_them(plan):
    policies = key_policies(plan)
    groups = [each for each in plan.of_type(LOG_GROUP) if each.inputs.get("kmsKeyId")]
    assert groups
    for group in groups:
        arn, key = group.outputs["arn"].removesuffix(":*"), reveal(group.inputs)["kmsKeyId"]
        service = f"logs.{arn.split(':')[3]}.amazonaws.com"
        for account, may in ((ACCOUNT, True), (SOMEBODY_ELSES, False)):
            asked = {"kms:EncryptionContext:aws:logs:arn": arn.replace(ACCOUNT, account)}
            for action in LOGGING:
                assert admits(policies[key], service, action, key, asked) == may, (arn, action)
    (trail,) = plan.of_type(TRAIL)
    arn, key = trail.outputs["arn"], reveal(trail.inputs)["kmsKeyId"]
    for source, may in ((arn, True), (f"{arn}-of-another-stack", False)):
        asked = {"aws:SourceArn": source, "kms:EncryptionContext:aws:cloudtrail:arn": arn}
        for action in ("kms:GenerateDataKey", "kms:DescribeKey"):
            found = admits(policies[key], "cloudtrail.amazonaws.com", action, key, asked)
            assert found == may, (source, action)
