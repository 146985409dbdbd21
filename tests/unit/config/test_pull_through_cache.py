"""Logins of the copies: secrets of ECR's kind, in the stack's own account and region."""

import pytest

from tests.stack_config import accepted, the_mistake

SECRET = "arn:aws:secretsmanager:{}:{}:secret:{}/hub-a1b2c3"
OWN = SECRET.format("us-east-1", "123456789012", "ecr-pullthroughcache")


ACCOUNT = "123456789012"


def test_a_login_adds_its_registry():
    assert accepted().pull_through_cache.credentials == {}
    cache = {"enabled": True, "dockerHubCredential": OWN}
    found = accepted(awsAccountId=ACCOUNT, pullThroughCache=cache).pull_through_cache.credentials
    assert found["docker.io"] == OWN
    assert found["quay.io"] is None
    assert "ghcr.io" not in found


@pytest.mark.parametrize(
    "cache",
    [
        {"dockerHubCredential": OWN},
        {"enabled": True, "dockerHubCredential": OWN.replace("us-east-1", "eu-west-1")},
        {"enabled": True, "dockerHubCredential": OWN.replace("123456789012", "210987654321")},
        {"enabled": True, "githubCredential": OWN.replace("ecr-pullthroughcache/", "")},
        {"enabled": True, "githubCredential": "hunter2"},
    ],
)
def test_another_secret_is_refused(cache):
    mistake = the_mistake(awsAccountId=ACCOUNT, pullThroughCache=cache)
    assert mistake.key.startswith("researchflow:pullThroughCache")
