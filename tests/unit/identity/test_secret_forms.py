"""Every form of a secret is caught in objects, in stack files and in reports."""

import pytest

from policy.rules import BY_ID
from policy.rules.shared.rule import Resource, StackResources, judge
from policy.rules.shared.secret_forms import SECRET_FORMS, masked
from policy.rules.shared.tokens import CONFIG_MAP
from rf.check.state.policy import StateStatus, plain_secrets

# Put together here, so that no scanner takes one for real.
SAMPLES = {
    "a private key": "-----BEGIN " + "PRIVATE KEY-----\nMIIE\n-----END " + "PRIVATE KEY-----",
    "a URL with a password": "postgres://ros:" + "ros@database:5432/ros",
    "an AWS access key": "AKIA" + "A1" * 8,
    "a Slack webhook": "https://hooks.slack.com/" + "services/T000/B000/XXXX",
    "a GitHub token": "ghp_" + "a" * 36,
    "a Slack token": "xoxb" + "-1234567890-abc",
    "a Pulumi token": "pul-" + "0a" * 20,
    "a JSON Web Token": ".".join(("eyJ" + "a" * 12, "b" * 12, "c" * 12)),
    "an integration key": "0a" * 16,
    "a password by its name": "password" + "=correct-horse",
}


def test_there_is_a_sample_of_every_form():
    assert SAMPLES.keys() == SECRET_FORMS.keys()


@pytest.mark.parametrize("form", SECRET_FORMS)
def test_a_secret_is_caught_in_a_config_map_in_a_stack_file_and_in_a_report(form):
    text = SAMPLES[form]
    config_map = Resource(
        urn=f"urn:pulumi:s::p::{CONFIG_MAP}::map",
        type=CONFIG_MAP,
        name="map",
        inputs={"data": {"key": text}},
    )
    stack = StackResources(size="large", protects_data=True)
    (violation,) = judge(BY_ID["no-readable-secret"], config_map, stack)
    assert text not in violation.message
    judged = plain_secrets("prod", {"config": {"researchflow:note": text}})
    assert judged.state is StateStatus.WRONG
    assert form in judged.found
    assert "[secret]" in masked(text)
    assert text not in masked(text)
