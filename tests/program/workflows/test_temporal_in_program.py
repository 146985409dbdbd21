"""Workflows in the whole program: there at large, and all of it gone where they are off."""

from __future__ import annotations

import json

import pytest

from rf.shared.plan import reveal

RELEASE = "kubernetes:helm.sh/v3:Release"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
CERTIFICATE = "tls:index/locallySignedCert:LocallySignedCert"
WORKER = "temporal-worker-workload-pods"
ORCHESTRATOR = "orchestrator-workload-pods"


@pytest.fixture
def large(planned):
    return planned("prod")


@pytest.mark.parametrize("stack", ["dev", "staging"])
def test_small_and_medium_have_nothing_of_temporal(planned, stack):
    urns = [resource.urn.lower() for resource in planned(stack).resources]
    assert not [urn for urn in urns if "temporal" in urn or "workflow" in urn]


def test_the_release_waits_for_databases_login_and_certificates(large):
    release = large.named(RELEASE, "temporal-release")
    waited = {urn.rsplit("::", 1)[1] for urn in release.dependencies}
    assert {"database-bootstrap-job", "temporal-database", "temporal-tls"} <= waited


def test_temporal_goes_to_the_primary_itself_as_its_own_role(large):
    primary = large.named("aws:rds/instance:Instance", "database-primary")
    given = reveal(large.named(RELEASE, "temporal-release").inputs)["values"]
    stores = given["server"]["config"]["persistence"]["datastores"].values()
    assert {each["sql"]["connectAddr"] for each in stores} == {
        f"{reveal(primary.outputs)['address']}:5432"
    }
    assert {each["sql"]["user"] for each in stores} == {"researchflow_temporal"}
    databases = {each["sql"]["databaseName"] for each in stores}
    assert databases == {"temporal", "temporal_visibility"}


def test_its_login_is_the_one_that_the_bootstrap_makes(large):
    password = reveal(large.named(SECRET, "temporal-database").inputs)["stringData"]["password"]
    version = large.named(
        "aws:secretsmanager/secretVersion:SecretVersion", "database-credentials-workflows"
    )
    stored = json.loads(reveal(version.inputs)["secretString"])
    assert (stored["password"], stored["username"]) == (password, "researchflow_temporal")
    assert stored["dbname"] == "temporal"
    bootstrap = reveal(large.named(SECRET, "database-bootstrap-secrets").inputs)["stringData"]
    assert bootstrap["VERIFIER_WORKFLOWS"].startswith("SCRAM-SHA-256$")


def test_a_client_certificate_opens_the_server_and_is_no_servers(large):
    uses = {each.name: set(each.inputs["allowedUses"]) for each in large.of_type(CERTIFICATE)}
    assert uses["temporal-client-certificate"] == {"digital_signature", "client_auth"}
    assert {"server_auth", "client_auth"} < uses["temporal-server-certificate"]
    assert "client_auth" not in uses["pgbouncer-server-certificate"]


@pytest.mark.parametrize("name", [ORCHESTRATOR, WORKER])
def test_workers_and_orchestrator_find_temporal_and_the_plans_limits(large, name):
    spec = large.named(DEPLOYMENT, name).inputs["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["TEMPORAL_NAMESPACE"] == "researchflow"
    assert variables["TEMPORAL_TASK_QUEUE"] == "analysis"
    assert variables["WORKFLOW_ACTIVITY_TIMEOUT_SECONDS"] == "600"
    assert variables["WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS"] == "3"
    assert ("SERVICE_ROLE" in variables) is (name == WORKER)


def test_a_worker_has_an_activitys_time_to_stop_and_no_fixed_number(large):
    spec = large.named(DEPLOYMENT, WORKER).inputs["spec"]
    assert "replicas" not in spec
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 600
