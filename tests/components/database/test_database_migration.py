"""The migration Job: once a version, direct at the servers, before the pods that need it."""

import pytest

from components.database.migration import DatabaseMigration, DatabaseMigrationArgs
from scaleplan.database.migrations import MigrationsSettings
from tests.components.recorded_once import recorded_once

JOB = "kubernetes:batch/v1:Job"


@pytest.fixture
def migration(build):
    @recorded_once
    def run(version="1.4.0", node_selector=None, **settings):
        args = DatabaseMigrationArgs(
            namespace="researchflow",
            image=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/orchestrator:{version}",
            version=version,
            settings=MigrationsSettings(**settings),
            credentials_secret="migrator-credentials",
            cluster_authority="researchflow-ca",
            database_authority="rds-authority",
            node_selector=node_selector,
        )
        return build(lambda opts: DatabaseMigration("database-migration", args, opts))

    return run


def job(built):
    return built.inputs(JOB, "database-migration-job")


def pod(built):
    return job(built)["spec"]["template"]["spec"]


def test_another_template_is_another_job(migration):
    """The API server refuses to change a Job's template in place."""
    names = {
        job(migration())["metadata"]["name"],
        job(migration("1.5.0"))["metadata"]["name"],
        job(migration(command=("npm", "run", "migrate")))["metadata"]["name"],
        job(migration(node_selector={"researchflow/pool": "applications"}))["metadata"]["name"],
    }
    assert len(names) == 4
    assert job(migration())["metadata"]["name"] in names
    assert all(name.startswith("database-migration-") and len(name) <= 63 for name in names)


def test_it_runs_the_stacks_command_in_the_orchestrators_image(migration):
    (container,) = pod(migration(command=("npm", "run", "migrate")))["containers"]
    assert container["command"] == ["npm", "run", "migrate"]
    assert container["image"].endswith("/orchestrator:1.4.0")


def test_it_logs_in_as_the_migrator_and_trusts_both_authorities(migration):
    spec = pod(migration())
    for container in (*spec["initContainers"], *spec["containers"]):
        references = {
            variable["name"]: variable["valueFrom"]["secretKeyRef"]
            for variable in container["env"]
            if "valueFrom" in variable
        }
        assert references == {
            "DATABASE_URL": {"name": "migrator-credentials", "key": "url"},
            "SYSTEM_DATABASE_URL": {"name": "migrator-credentials", "key": "system-url"},
        }
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {"/etc/researchflow/ca", "/etc/researchflow/rds"} <= mounted
    named = {v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v}
    assert named == {"researchflow-ca", "rds-authority"}


def test_it_waits_for_both_servers_before_an_attempt_counts(migration):
    (wait,) = pod(migration())["initContainers"]
    script = wait["command"][-1]
    assert "$DATABASE_URL" in script
    assert "$SYSTEM_DATABASE_URL" in script
    assert script.startswith("until ")


def test_it_ends_within_its_time_and_the_engine_waits_as_long(migration):
    built = migration(timeout_minutes=90)
    assert job(built)["spec"]["activeDeadlineSeconds"] == 90 * 60
    assert job(built)["spec"]["backoffLimit"] == 2
    assert pod(built)["restartPolicy"] == "Never"


def test_a_drained_node_costs_no_attempt_and_the_finished_job_stays(migration):
    spec = job(migration())["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"
    assert [c["type"] for c in rule["onPodConditions"]] == ["DisruptionTarget"]
    # One that deletes itself would be made again by every deployment.
    assert "ttlSecondsAfterFinished" not in spec
