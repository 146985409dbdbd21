"""The Job after a migration: once for each, when poolers stand, with a login of their console."""

import pytest

from components.database.pooler_admin import PoolerAdmin, PoolerAdminArgs
from components.database.pooler_reconnect import PoolerReconnect, PoolerReconnectArgs
from rf.shared.plan import reveal
from tests.components.recorded_once import recorded_once

JOB = "kubernetes:batch/v1:Job"
SECRET = "kubernetes:core/v1:Secret"


@pytest.fixture
def reconnect(build):
    @recorded_once
    def run(migration="database-migration-1", poolers=3):
        def construct(opts):
            admin = PoolerAdmin("pooler-admin", PoolerAdminArgs(namespace="researchflow"), opts)
            args = PoolerReconnectArgs(
                namespace="researchflow",
                migration=migration,
                migrated=admin,
                poolers=poolers,
                port=6432,
                pooling=admin,
                admin_secret=admin.secret_name,
                cluster_authority="researchflow-ca",
            )
            PoolerReconnect("pooler-reconnect", args, opts)

        return build(construct)

    return run


def job(built):
    return built.inputs(JOB, "pooler-reconnect-job")


def test_each_migration_and_each_number_of_poolers_is_another_job(reconnect):
    names = {
        job(reconnect())["metadata"]["name"],
        job(reconnect("database-migration-2"))["metadata"]["name"],
        job(reconnect(poolers=2))["metadata"]["name"],
    }
    assert len(names) == 3
    assert job(reconnect())["metadata"]["name"] in names
    assert all(name.startswith("pooler-reconnect-") and len(name) <= 63 for name in names)


def test_it_runs_the_mounted_script_and_gets_the_password_by_reference(reconnect):
    built = reconnect()
    pod = job(built)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    config = built.inputs("kubernetes:core/v1:ConfigMap", "pooler-reconnect-script")
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["command"] == ["/bin/sh", f"{mounts['script']}/reconnect.sh"]
    assert set(config["data"]) == {"reconnect.sh"}
    told = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert told["POOLERS"] == "3"
    assert told["POOLER_AUTHORITY"] == f"{mounts['ca']}/ca.crt"
    (password,) = [entry for entry in container["env"] if "valueFrom" in entry]
    reference = password["valueFrom"]["secretKeyRef"]
    secret = built.named(SECRET, "pooler-admin-secret")
    assert secret.inputs["metadata"]["name"] == reference["name"]
    (made,) = built.of_type("random:index/randomPassword:RandomPassword")
    known = reveal(made.outputs)["result"]
    assert reveal(secret.inputs)["stringData"] == {reference["key"]: known}
    everything = str([resource.inputs for resource in built.resources])
    assert known not in everything


def test_it_is_bounded_and_locked_down(reconnect):
    spec = job(reconnect())["spec"]
    assert spec["activeDeadlineSeconds"] == 300
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["image"].startswith("postgres:16.")
