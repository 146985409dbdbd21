"""The bootstrap Job: what runs it, what it runs as, and what waits for it."""

import re

import pytest

from components.database.bootstrap import (
    CREDENTIALS_ANNOTATION,
    Coordinator,
    DatabaseBootstrap,
    DatabaseBootstrapArgs,
)
from components.database.credentials import RoleCredentials
from rendering.database.bootstrap_sql import bootstrap_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES
from rf.shared.plan import reveal
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan
from tests.components.recorded_once import recorded_once

JOB = "kubernetes:batch/v1:Job"
SECRET = "kubernetes:core/v1:Secret"
MASTER_PASSWORD = "Master0Of1All2"
TIMEOUTS = statement_timeouts(load_plan(), MigrationsSettings())


@pytest.fixture
def bootstrap(build):
    @recorded_once
    def run(*, version="v1", database="ros", coordinator=None):
        def construct(opts):
            args = DatabaseBootstrapArgs(
                namespace="researchflow",
                host="db.example.com",
                port=5432,
                database_name=database,
                master_user="ros",
                master_password=MASTER_PASSWORD,
                roles={
                    key: RoleCredentials(
                        user=role.name,
                        password=f"{key}Password1",
                        verifier=f"SCRAM-SHA-256$of-{key}",
                        version=version,
                        secret_arn="",
                    )
                    for key, role in ROLES.items()
                },
                statement_timeouts=TIMEOUTS,
                authority="root",
                coordinator=coordinator,
            )
            return DatabaseBootstrap("bootstrap", args, opts)

        return build(construct)

    return run


def job_of(built):
    return built.inputs(JOB, "bootstrap-job")


def pod_of(built):
    return job_of(built)["spec"]["template"]["spec"]


def container_of(built):
    (container,) = pod_of(built)["containers"]
    return container


def secret_of(built, name):
    (found,) = [
        inputs["stringData"]
        for inputs in (reveal(resource.inputs) for resource in built.of_type(SECRET))
        if inputs["metadata"]["name"] == name
    ]
    return found


def test_the_script_is_mounted_and_run_by_psql_as_the_master_user(bootstrap):
    built = bootstrap()
    container = container_of(built)
    assert container["command"][0] == "psql"
    (file,) = container["args"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert file == f"--file={mounts['script']}/bootstrap.sql"
    script = built.inputs("kubernetes:core/v1:ConfigMap", "bootstrap-script")
    assert script["data"] == {"bootstrap.sql": bootstrap_sql("ros", TIMEOUTS)}
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    assert environment["PGUSER"] == "ros"
    assert environment["PGHOST"] == "db.example.com"


def test_it_sends_no_password_to_a_server_that_it_has_not_verified(bootstrap):
    built = bootstrap()
    container = container_of(built)
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    assert environment["PGSSLMODE"] == "verify-full"
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    authority = built.inputs("kubernetes:core/v1:ConfigMap", "bootstrap-authority")["data"]
    (key,) = authority
    assert environment["PGSSLROOTCERT"] == f"{mounts['authority']}/{key}"
    assert authority[key] == "root"


def test_every_variable_that_the_script_asks_for_is_in_its_secret(bootstrap):
    built = bootstrap()
    (source,) = container_of(built)["envFrom"]
    secret = secret_of(built, source["secretRef"]["name"])
    asked = set(re.findall(r"\\getenv \w+ (\w+)", bootstrap_sql("ros", TIMEOUTS)))
    assert asked | {"PGPASSWORD"} == set(secret)
    assert secret["PGPASSWORD"] == MASTER_PASSWORD
    # The roles' passwords themselves never come near the server's log.
    assert all(secret[name].startswith("SCRAM-SHA-256$") for name in asked)


def test_no_secret_is_in_the_plan_the_job_or_a_config_map(bootstrap):
    text = bootstrap().plan.to_json()
    for secret in (MASTER_PASSWORD, "migratorPassword1", "SCRAM-SHA-256$of-application"):
        assert secret not in text


def test_changed_sql_and_a_new_password_run_it_again(bootstrap):
    def identity(**changes):
        job = job_of(bootstrap(**changes))
        annotations = job["spec"]["template"]["metadata"]["annotations"]
        return job["metadata"]["name"], annotations[CREDENTIALS_ANNOTATION]

    name, versions = identity()
    assert identity() == (name, versions)
    assert identity(database="other")[0] != name
    # The template of a Job can't change, so Pulumi replaces the Job, which runs it.
    assert identity(version="v2") == (name, "v2,v2,v2,v2")


def test_a_job_that_has_ended_stays_so_that_it_is_not_made_again(bootstrap):
    spec = job_of(bootstrap())["spec"]
    assert "ttlSecondsAfterFinished" not in spec
    assert spec["backoffLimit"] == 6
    assert spec["activeDeadlineSeconds"] == 600


def test_the_pod_is_locked_down_and_keeps_the_logs_of_a_failure(bootstrap):
    pod, container = pod_of(bootstrap()), container_of(bootstrap())
    assert pod["restartPolicy"] == "Never"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]) == {"requests", "limits"}
    assert re.fullmatch(r"postgres:16\.\d+-alpine[\d.]+(@sha256:.+)?", container["image"])


def test_migrations_wait_for_the_job_and_the_job_for_what_it_mounts(bootstrap):
    built = bootstrap()
    job = built.named(JOB, "bootstrap-job")
    assert job.urn in built.named(SECRET, "bootstrap-migrator").dependencies
    mounted = ("bootstrap-script", "bootstrap-authority", "bootstrap-secrets")
    needed = {r.urn for r in built.resources if r.name in mounted}
    assert len(needed) == 3
    assert needed <= set(job.dependencies)


def test_migrations_reach_the_writer_as_their_own_role_over_verified_tls(bootstrap):
    secret = secret_of(bootstrap(), "migrator-credentials")
    assert secret["username"] == "researchflow_migrator"
    assert secret["url"] == (
        "postgresql://researchflow_migrator:migratorPassword1@db.example.com:5432/ros"
        "?sslmode=verify-full&sslrootcert=/etc/researchflow/rds/rds.crt"
    )
    assert secret["system-url"] == secret["url"]


def test_migrations_of_tenants_tables_reach_the_coordinator_where_citus_has_them(bootstrap):
    coordinator = Coordinator(host="citus.citus.svc", port=5433)
    before = secret_of(bootstrap(), "migrator-credentials")
    secret = secret_of(bootstrap(coordinator=coordinator), "migrator-credentials")
    assert secret["url"] == (
        "postgresql://researchflow_migrator:migratorPassword1@citus.citus.svc:5433/ros"
        "?sslmode=verify-full&sslrootcert=/etc/researchflow/ca/ca.crt"
    )
    assert (secret["host"], secret["port"]) == ("citus.citus.svc", "5433")
    assert secret["system-url"] == before["url"]
