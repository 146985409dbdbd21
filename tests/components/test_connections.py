"""Connections: one environment for all applications, secrets only in Secrets."""

import pulumi
import pytest

from components import pod_template
from components.connections import CONFIG_HASH_VARIABLE, Connections, ConnectionsArgs
from components.database_credentials import RoleCredentials
from rendering.application_config import ApplicationPlan
from rendering.connection_urls import CA_DIRECTORY
from rf.plan import reveal
from scaleplan.model import load_plan

PLAN = load_plan()
SECRET = "kubernetes:core/v1:Secret"
PASSWORD = "Correct0Horse1Battery2Staple3"
READER_PASSWORD = "Only0Reading1Of2Patients3"
CACHE_URL = f"rediss://researchflow:{PASSWORD}@cache.example.com:6379"
QUEUE_URL = f"rediss://researchflow:{PASSWORD}@queue.example.com:6379"


def role(user, password, version):
    return RoleCredentials(
        user=user, password=password, verifier="", version=version, secret_arn=""
    )


def made(
    opts,
    bucket="artifacts-bucket",
    version="v1",
    ready="database-bootstrap-1",
    system=("researchflow", None),
):
    args = ConnectionsArgs(
        namespace="researchflow",
        region="us-east-1",
        pgbouncer_host="pgbouncer.researchflow.svc",
        pgbouncer_port=5432,
        database="researchflow",
        system_database=system[0],
        application=role("researchflow_app", PASSWORD, version),
        read_only=role("researchflow_readonly", READER_PASSWORD, "v1"),
        database_ready=ready,
        cache_url=CACHE_URL,
        queue_url=QUEUE_URL,
        queue_host="queue.example.com",
        queue_port=6379,
        queue_user="researchflow",
        queue_password=PASSWORD,
        artifacts_bucket=bucket,
        plan=ApplicationPlan(
            pools=PLAN.pools,
            system_pool_max=system[1],
            cache_patterns=PLAN.cache_patterns,
            queue=PLAN.queue,
        ),
    )
    return Connections("connections", args, opts)


@pytest.fixture
def connections(build):
    return lambda **changes: build(lambda opts: made(opts, **changes).environment())


def objects_of(built):
    """Contents of each Secret and ConfigMap, by its name in the cluster."""
    resources = [*built.of_type(SECRET), *built.of_type("kubernetes:core/v1:ConfigMap")]
    inputs = [reveal(resource.inputs) for resource in resources]
    return {i["metadata"]["name"]: i.get("stringData") or i["data"] for i in inputs}


def environment_of(built):
    """Each variable's value as a pod would see it, looked up in the recorded objects."""
    objects = objects_of(built)
    values = {}
    for variable in built.result:
        if variable.value_from is None:
            continue
        source = variable.value_from
        reference = source.secret_key_ref or source.config_map_key_ref
        values[variable.name] = objects[reference.name][reference.key]
    return values


def test_every_variable_refers_to_a_key_that_exists(connections):
    environment = environment_of(connections())
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["ARTIFACTS_BUCKET"] == "artifacts-bucket"


def test_writes_and_reads_go_to_pgbouncer_under_the_names_it_serves(connections):
    environment = environment_of(connections())
    writes = f"postgresql://researchflow_app:{PASSWORD}@pgbouncer.researchflow.svc:5432"
    reads = f"postgresql://researchflow_readonly:{READER_PASSWORD}@pgbouncer.researchflow.svc:5432"
    assert environment["DATABASE_URL"].startswith(f"{writes}/researchflow?sslmode=verify-full")
    assert environment["DATABASE_REPLICA_URL"].startswith(f"{reads}/researchflow_ro?")
    assert environment["SYSTEM_DATABASE_URL"] == environment["DATABASE_URL"]
    assert "SYSTEM_DATABASE_POOL_MAX" not in environment


def test_a_system_database_of_its_own_has_a_small_pool_of_its_own(connections):
    environment = environment_of(connections(system=("researchflow_system", 2)))
    system = f"postgresql://researchflow_app:{PASSWORD}@pgbouncer.researchflow.svc:5432"
    assert environment["SYSTEM_DATABASE_URL"].startswith(f"{system}/researchflow_system?")
    assert "/researchflow?" in environment["DATABASE_URL"]
    assert environment["SYSTEM_DATABASE_POOL_MAX"] == "2"


def test_pool_maxima_are_the_plans(connections):
    environment = environment_of(connections())
    assert environment["DATABASE_POOL_MAX"] == "20"
    assert environment["DATABASE_REPLICA_POOL_MAX"] == "50"


def test_jobs_and_sessions_go_to_the_redis_that_evicts_nothing(connections):
    environment = environment_of(connections())
    assert environment["QUEUE_URL"] == environment["REDIS_URL"] == QUEUE_URL
    assert environment["SESSION_STORE_URL"] == QUEUE_URL
    assert environment["SESSION_KEY_PREFIX"] == "session:"
    assert environment["CACHE_URL"] == CACHE_URL


def test_the_plans_cache_times_reach_the_applications(connections):
    environment = environment_of(connections())
    times = {name: value for name, value in environment.items() if name.startswith("CACHE_TTL_")}
    assert times == {
        "CACHE_TTL_SESSION_SECONDS": "86400",
        "CACHE_TTL_API_RESPONSE_SECONDS": "300",
        "CACHE_TTL_FEATURE_FLAG_SECONDS": "60",
        "CACHE_TTL_LITERATURE_SEARCH_SECONDS": "86400",
        "CACHE_TTL_AI_RESPONSE_SECONDS": "3600",
    }


def test_the_plans_job_defaults_reach_the_applications(connections):
    environment = environment_of(connections())
    assert {name: value for name, value in environment.items() if name.startswith("JOB_")} == {
        "JOB_QUEUES": "analysis,extraction,validation",
        "JOB_ATTEMPTS": "3",
        "JOB_BACKOFF_TYPE": "exponential",
        "JOB_BACKOFF_DELAY_MILLISECONDS": "1000",
        "JOB_TIMEOUT_SECONDS": "300",
        "JOB_KEEP_COMPLETED": "100",
        "JOB_KEEP_FAILED": "500",
        "JOB_DEFAULT_PRIORITY": "5",
    }


def test_the_certificate_is_where_pods_mount_it(connections):
    assert pod_template.CA_DIRECTORY == CA_DIRECTORY
    environment = environment_of(connections())
    assert environment["NODE_EXTRA_CA_CERTS"] == f"{CA_DIRECTORY}/ca.crt"
    assert environment["PGSSLROOTCERT"] == f"{CA_DIRECTORY}/ca.crt"


def test_the_secrets_have_the_parts_too(connections):
    objects = objects_of(connections())
    postgres, queue = objects["postgres-credentials"], objects["queue-credentials"]
    parts = ("host", "port", "database", "username", "password")
    assert [postgres[key] for key in parts] == [
        "pgbouncer.researchflow.svc",
        "5432",
        "researchflow",
        "researchflow_app",
        PASSWORD,
    ]
    reading = ("replica-database", "replica-username", "replica-password")
    assert [postgres[key] for key in reading] == [
        "researchflow_ro",
        "researchflow_readonly",
        READER_PASSWORD,
    ]
    # What KEDA's TriggerAuthentication reads.
    assert queue["address"] == "queue.example.com:6379"
    assert (queue["username"], queue["password"]) == ("researchflow", PASSWORD)


def test_no_password_is_in_the_config_map_the_pods_or_the_plan(connections):
    built = connections()
    assert PASSWORD not in str(objects_of(built)["application-config"])
    secret_names = {"DATABASE_URL", "CACHE_URL", "QUEUE_URL", "REDIS_URL", "SESSION_STORE_URL"}
    for variable in built.result:
        if variable.name in secret_names:
            assert variable.value is None
            assert variable.value_from.secret_key_ref is not None
    assert PASSWORD not in built.plan.to_json()
    assert READER_PASSWORD not in built.plan.to_json()


@pytest.fixture
def config_hash(build):
    def run(**changes):
        def construct(opts):
            variables = made(opts, **changes).environment()
            (variable,) = [v for v in variables if v.name == CONFIG_HASH_VARIABLE]
            pulumi.export("hash", variable.value)

        return build(construct).exported["hash"]

    return run


def test_a_changed_config_map_rolls_the_pods(config_hash):
    assert config_hash(bucket="one") != config_hash(bucket="two")
    assert config_hash(bucket="one") == config_hash(bucket="one")


def test_a_new_password_rolls_the_pods_and_another_bootstrap_does_not(config_hash):
    assert config_hash(version="v1") != config_hash(version="v2")
    assert config_hash(ready="database-bootstrap-1") == config_hash(ready="database-bootstrap-2")
