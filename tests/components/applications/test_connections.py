"""Connections: an environment for each application, secrets only in Secrets."""

import pulumi
import pytest

from components.applications import pod_template
from components.applications.connections import (
    CONFIG_HASH_ANNOTATION,
    CREDENTIALS_HASH_ANNOTATION,
    Connections,
    ConnectionsArgs,
)
from components.database.credentials import RoleCredentials
from rendering.applications.config import ApplicationPlan
from rendering.shared.connection_urls import CA_DIRECTORY
from rf.shared.plan import reveal
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, QueueEngine, Size
from tests.components.recorded_once import recorded_once
from tests.components.values import place

PLAN = load_plan()
JOBS = PLAN.sizes[Size.MEDIUM].queue
SECRET = "kubernetes:core/v1:Secret"
PASSWORD = "Correct0Horse1Battery2Staple3"
READER_PASSWORD = "Only0Reading1Of2Patients3"
CACHE_URL = f"rediss://orchestrator:{PASSWORD}@cache.example.com:6379"
OTHER_CACHE_URL = f"rediss://collaboration:{PASSWORD}@cache.example.com:6379"
QUEUE_URL = f"rediss://orchestrator:{PASSWORD}@queue.example.com:6379"
SESSIONS_URL = f"{QUEUE_URL}/0"
LOGIN = {"address": "queue.example.com:6379", "username": "keda", "password": PASSWORD}


def role(user, password):
    return RoleCredentials(user=user, password=password, verifier="", version="v1", secret_arn="")


def made(
    opts,
    bucket="artifacts-bucket",
    *,
    password=PASSWORD,
    authority="certificate",
    system=("researchflow", None),
    scaled_by_keda=True,
    jobs=JOBS,
):
    args = ConnectionsArgs(
        place=place(),
        namespace="researchflow",
        pgbouncer_host="pgbouncer.researchflow.svc",
        pgbouncer_port=5432,
        database="researchflow",
        system_database=system[0],
        application=role("researchflow_app", password),
        read_only=role("researchflow_readonly", READER_PASSWORD),
        authority_certificate=authority,
        urls={
            "orchestrator": {
                "CACHE_URL": CACHE_URL,
                "QUEUE_URL": QUEUE_URL,
                "SESSION_STORE_URL": SESSIONS_URL,
            },
            "collaboration": {"CACHE_URL": OTHER_CACHE_URL},
        },
        scaler_login=LOGIN if scaled_by_keda else None,
        artifacts_bucket=bucket,
        plan=ApplicationPlan(
            pools=PLAN.pools,
            system_pool_max=system[1],
            cache_patterns=PLAN.cache_patterns,
            cache_client=PLAN.cache_client,
            queue=PLAN.queue,
            jobs=jobs,
            edge=PLAN.edge,
        ),
    )
    return Connections("connections", args, opts)


@pytest.fixture
def connections(build):
    @recorded_once
    def run(application="orchestrator", **options):
        return build(lambda opts: made(opts, **options).environment(application))

    return run


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


def test_each_application_gets_its_own_logins_and_no_others(connections):
    environment = environment_of(connections())
    assert environment["QUEUE_URL"] == QUEUE_URL
    assert environment["SESSION_STORE_URL"] == SESSIONS_URL
    assert environment["SESSION_KEY_PREFIX"] == "session:"
    assert environment["CACHE_URL"] == CACHE_URL
    other = environment_of(connections("collaboration"))
    assert other["CACHE_URL"] == OTHER_CACHE_URL
    assert not {"QUEUE_URL", "SESSION_STORE_URL"} & set(other)


@pytest.mark.parametrize(
    ("clients", "prefixes"),
    [
        (("bullmq",), {"BULLMQ_PREFIX": "bull"}),
        (("bull",), {"BULL_PREFIX": "bull"}),
        (("rq",), {}),
        (("bull", "bullmq", "rq"), {"BULL_PREFIX": "bull", "BULLMQ_PREFIX": "bullmq"}),
    ],
)
def test_applications_are_told_the_libraries_and_their_prefixes(connections, clients, prefixes):
    jobs = JOBS.model_copy(update={"clients": tuple(map(QueueClient, clients))})
    environment = environment_of(connections(jobs=jobs))
    assert environment["QUEUE_CLIENTS"] == ",".join(clients)
    found = {k: v for k, v in environment.items() if k in {"BULL_PREFIX", "BULLMQ_PREFIX"}}
    assert found == prefixes


def test_with_rabbitmq_no_library_of_redis_is_named(connections):
    jobs = JOBS.model_copy(update={"engine": QueueEngine.RABBITMQ})
    environment = environment_of(connections(jobs=jobs))
    assert environment["QUEUE_ENGINE"] == "rabbitmq"
    assert not {"QUEUE_CLIENTS", "BULL_PREFIX", "BULLMQ_PREFIX"} & set(environment)


def test_each_kind_of_cache_entry_has_its_prefix(connections):
    environment = environment_of(connections())
    prefixes = {k: v for k, v in environment.items() if k.startswith("CACHE_KEY_PREFIX_")}
    assert prefixes == {
        "CACHE_KEY_PREFIX_AI_RESPONSE": "ai:",
        "CACHE_KEY_PREFIX_API_RESPONSE": "api:",
        "CACHE_KEY_PREFIX_FEATURE_FLAG": "flag:",
        "CACHE_KEY_PREFIX_LITERATURE_SEARCH": "literature:",
    }


def test_the_plans_cache_client_reaches_the_applications(connections):
    environment = environment_of(connections())
    assert environment["CACHE_MAX_RETRIES_PER_REQUEST"] == "3"
    assert environment["CACHE_ENABLE_READY_CHECK"] == "true"
    assert environment["CACHE_LAZY_CONNECT"] == "true"


def test_without_keda_nobody_gets_its_login(connections):
    assert "queue-scaler-credentials" in objects_of(connections())
    assert "queue-scaler-credentials" not in objects_of(connections(scaled_by_keda=False))


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
        "JOB_QUEUES": ",".join(PLAN.queue.names),
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
    postgres, queue = objects["postgres-credentials"], objects["queue-scaler-credentials"]
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
    assert queue == LOGIN


def test_no_password_is_in_the_config_map_the_pods_or_the_plan(connections):
    built = connections()
    assert PASSWORD not in str(objects_of(built)["application-config"])
    secret_names = {"DATABASE_URL", "CACHE_URL", "QUEUE_URL", "SESSION_STORE_URL"}
    for variable in built.result:
        if variable.name in secret_names:
            assert variable.value is None
            assert variable.value_from.secret_key_ref is not None
    assert PASSWORD not in built.plan.to_json()
    assert READER_PASSWORD not in built.plan.to_json()


@pytest.fixture
def hashes(build):
    """The two annotations of the orchestrator's pods: of the config, of the credentials."""

    @recorded_once
    def run(application="orchestrator", **changes):
        def construct(opts):
            annotations = made(opts, **changes).annotations(application)
            assert set(annotations) == {CONFIG_HASH_ANNOTATION, CREDENTIALS_HASH_ANNOTATION}
            for name, value in annotations.items():
                pulumi.export(name, value)

        exported = build(construct).exported
        return exported[CONFIG_HASH_ANNOTATION], exported[CREDENTIALS_HASH_ANNOTATION]

    return run


def test_a_changed_config_map_rolls_the_pods_that_read_it(hashes):
    before, after = hashes(bucket="one"), hashes(bucket="two")
    assert before[0] != after[0]
    assert before[1] == after[1]
    assert hashes(bucket="one") == before
    assert hashes("collaboration", bucket="one") == hashes("collaboration", bucket="two")


def test_another_authority_rolls_the_pods(hashes):
    assert hashes(authority="one")[0] != hashes(authority="two")[0]


def test_a_new_password_rolls_the_pods_and_its_hash_tells_nothing_of_it(hashes):
    before, after = hashes(), hashes(password="Another0Horse1Battery2Staple3")
    assert before[0] == after[0]
    assert before[1] != after[1]
    # Plain text, and none that whoever guesses the values could compute without the key.
    assert isinstance(before[1], str)
    assert hashes("collaboration")[1] != before[1]
