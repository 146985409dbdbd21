"""The whole program where Citus serves: tenants' data there, the system database on RDS."""

import re
from urllib.parse import urlsplit

import pytest

from rf.shared.plan import reveal
from tests.configurations import FILLING_CITUS

SIZES = ("small", "medium", "large")
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
INSTANCE = "aws:rds/instance:Instance"


def text_of(plan, token, name):
    """What stands in a Secret or ConfigMap."""
    inputs = reveal(plan.named(token, name).inputs)
    return inputs.get("stringData") or inputs["data"]


def servers_of(plan):
    """Host and port behind each name of PgBouncer."""
    ini = text_of(plan, CONFIG_MAP, "pgbouncer-config")["pgbouncer.ini"]
    found = re.findall(r"^(\w+) = host=(\S+) port=(\d+)", ini, re.MULTILINE)
    return {name: (host, int(port)) for name, host, port in found}


def urls_of(plan):
    """Name of the database in each URL that applications get."""
    credentials = text_of(plan, SECRET, "connections-postgres")
    keys = ("url", "replica-url", "system-url")
    return {key: urlsplit(credentials[key]).path.lstrip("/") for key in keys}


def primary_of(plan):
    (primary,) = [r for r in plan.of_type(INSTANCE) if "replicateSourceDb" not in r.inputs]
    return primary.outputs["address"]


@pytest.mark.parametrize("size", SIZES)
def test_tenants_data_is_read_and_written_on_citus_and_the_system_database_on_rds(planned, size):
    plan = planned("prod", size=size)
    assert servers_of(plan) == {
        "researchflow": ("citus.citus.svc", 5433),
        "ros": ("citus.citus.svc", 5433),
        "researchflow_ro": ("citus-reads.citus.svc", 5433),
        "researchflow_system": (primary_of(plan), 5432),
    }
    assert urls_of(plan) == {
        "url": "researchflow",
        "replica-url": "researchflow_ro",
        "system-url": "researchflow_system",
    }


def test_while_citus_is_being_filled_applications_stay_on_rds(planned):
    plan = planned("prod", size="large", overrides=FILLING_CITUS)
    assert {port for _, port in servers_of(plan).values()} == {5432}
    assert servers_of(plan)["researchflow"][0] == primary_of(plan)
    assert urls_of(plan)["system-url"] == urls_of(plan)["url"] == "researchflow"
    assert "SYSTEM_DATABASE_POOL_MAX" not in text_of(plan, CONFIG_MAP, "connections-config")


def test_pgbouncer_verifies_both_kinds_of_servers(planned):
    def authorities(**options):
        config = text_of(planned("prod", size="large", **options), CONFIG_MAP, "pgbouncer-config")
        assert "server_tls_sslmode = verify-full" in config["pgbouncer.ini"]
        return config["server-authorities.crt"]

    plan = planned("prod", size="large")
    own = text_of(plan, CONFIG_MAP, "authority-ca")["ca.crt"]
    rds = text_of(plan, CONFIG_MAP, "database-bootstrap-authority")["rds.crt"]
    assert authorities() == rds + own
    assert rds.endswith("-----END CERTIFICATE-----\n")
    assert authorities(overrides=FILLING_CITUS) == rds


def test_the_servers_certificate_has_the_names_that_pgbouncer_asks_for(planned):
    plan = planned("prod", size="large")
    (request,) = [
        r for r in plan.of_type("tls:index/certRequest:CertRequest") if r.name.startswith("citus")
    ]
    hosts = {host for host, port in servers_of(plan).values() if port == 5433}
    assert hosts <= set(request.inputs["dnsNames"])


def flows_of_pgbouncer(plan):
    (policy,) = [
        r for r in plan.of_type(POLICY) if r.inputs["metadata"]["name"] == "pgbouncer-flows"
    ]
    return policy.inputs


def test_pgbouncer_may_reach_citus_and_citus_admits_it(planned):
    plan = planned("prod", size="large")
    pooler = flows_of_pgbouncer(plan)
    servers = plan.named(POLICY, "citus-cluster-servers").inputs

    def ports_of(rules, direction, namespace):
        label = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        return {
            port["port"]
            for rule in rules
            if label in [peer.get("namespaceSelector") for peer in rule[direction]]
            for port in rule["ports"]
        }

    citus, applications = servers["metadata"]["namespace"], pooler["metadata"]["namespace"]
    assert ports_of(pooler["spec"]["egress"], "to", citus) == {5432, 5433}
    assert ports_of(servers["spec"]["ingress"], "from", applications) == {5432}
    before = flows_of_pgbouncer(planned("prod", size="large", overrides=FILLING_CITUS))
    assert ports_of(before["spec"]["egress"], "to", citus) == set()


def test_changing_sides_rolls_poolers_and_applications(planned):
    def annotations(plan):
        template = plan.named(DEPLOYMENT, "pgbouncer-deployment").inputs["spec"]["template"]
        return template["metadata"]["annotations"]

    def config_hash(plan):
        (orchestrator,) = [
            r for r in plan.of_type(DEPLOYMENT) if r.inputs["metadata"]["name"] == "orchestrator"
        ]
        metadata = orchestrator.inputs["spec"]["template"]["metadata"]
        return metadata["annotations"]["researchflow.io/config-hash"]

    before, after = (
        planned("prod", size="large", overrides=FILLING_CITUS),
        planned("prod", size="large"),
    )
    assert annotations(before) != annotations(after)
    assert config_hash(before) != config_hash(after)


@pytest.mark.parametrize("overrides", [(), FILLING_CITUS])
def test_the_roles_have_the_same_passwords_on_citus_and_on_rds(planned, overrides):
    plan = planned("prod", size="large", overrides=overrides)
    sql = text_of(plan, SECRET, "citus-cluster-roles")["roles.sql"]
    users = text_of(plan, SECRET, "pgbouncer-users")["userlist.txt"]
    pooled = dict(re.findall(r'^"(researchflow_\w+)" "(\S+)"$', users, re.MULTILINE))
    migrator = text_of(plan, SECRET, "database-bootstrap-migrator")
    exporter = text_of(plan, SECRET, "observability-exporters-0-secrets")
    passwords = pooled | {
        migrator["username"]: migrator["password"],
        "researchflow_monitor": exporter["DATA_SOURCE_PASS"],
    }
    made = dict(re.findall(r"ALTER ROLE (\w+) LOGIN [A-Z\s]+ PASSWORD '(\w+)';", sql))
    assert made == passwords
    assert len(set(made.values())) == 4
    assert text_of(plan, SECRET, "database-bootstrap-secrets")["PGPASSWORD"] not in sql


def test_migrations_of_both_databases_have_a_way_around_the_pool(planned):
    plan = planned("prod", size="large")
    migrator = text_of(plan, SECRET, "database-bootstrap-migrator")
    tenants, system = urlsplit(migrator["url"]), urlsplit(migrator["system-url"])
    assert (tenants.hostname, tenants.port) == servers_of(plan)["researchflow"]
    assert (system.hostname, system.port) == servers_of(plan)["researchflow_system"]
    before = text_of(
        planned("prod", size="large", overrides=FILLING_CITUS),
        SECRET,
        "database-bootstrap-migrator",
    )
    assert before["url"] == before["system-url"] == migrator["system-url"]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_connects_before_its_server_was_asked_for(planned, size):
    plan = planned("prod", size=size)
    (cluster,) = plan.of_type("kubernetes:stackgres.io/v1alpha1:SGShardedCluster")
    config = plan.named(CONFIG_MAP, "pgbouncer-config")
    assert cluster.urn in config.dependencies
    assert config.urn in plan.named(DEPLOYMENT, "pgbouncer-deployment").dependencies
