"""Exporters: each with a login of its own kind, over verified TLS, and told apart by its labels."""

import json

import pytest
import yaml

from components.observability.exporters import Exporters, ExportersArgs
from rf.shared.plan import Secret, reveal
from scaleplan.model import load_plan
from tests.components.observability.monitored_stores import (
    CONFIG_MAP,
    DEPLOYMENT,
    PASSWORD,
    SECRET,
    observability_args,
    something,
)
from tests.components.recorded_once import recorded_once
from tests.stack_config import accepted

MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
SCRAPE = "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig"


@pytest.fixture
def exporters(build):
    @recorded_once
    def run(size="medium", **changes):
        def construct(opts):
            whole = observability_args(something(opts), accepted(size=size, **changes))
            args = ExportersArgs(
                namespace="monitoring",
                interval_seconds=30,
                queue_plan=whole.queue_plan,
                jobs=whole.jobs,
                cache=whole.cache,
                queue=whole.queue,
                servers=whole.servers,
                monitor=whole.monitor,
                cloudwatch_config=whole.cloudwatch_config,
                cloudwatch_role=whole.cloudwatch_role,
                after=[whole.cluster.ready],
            )
            return Exporters("exporters", args, opts)

        return build(construct)

    return run


def pod(built, application):
    (found,) = [
        reveal(each.inputs)
        for each in built.of_type(DEPLOYMENT)
        if each.inputs["metadata"]["name"] == application
    ]
    return found["spec"]["template"]


def container(built, application):
    (only,) = pod(built, application)["spec"]["containers"]
    return only


def environment(built, application):
    return {each["name"]: each.get("value") for each in container(built, application)["env"]}


def applications(built):
    return {each.inputs["metadata"]["name"] for each in built.of_type(DEPLOYMENT)}


@pytest.mark.parametrize(
    ("size", "changes", "servers"),
    [
        ("small", {}, {"postgres-exporter-0"}),
        ("medium", {}, {f"postgres-exporter-{n}" for n in (0, 1, 2)}),
        (
            "large",
            {"sharding": {"stage": "parallel"}},
            {f"postgres-exporter-{key}" for key in (0, 1, 2, "coordinator")},
        ),
    ],
)
def test_every_server_of_the_size_has_an_exporter_and_a_name(exporters, size, changes, servers):
    built = exporters(size, **changes)
    assert applications(built) == servers | {
        "redis-exporter-queue",
        "redis-exporter-cache",
        "cloudwatch-exporter",
    }
    labels = set()
    for monitor in built.of_type(MONITOR):
        (endpoint,) = monitor.inputs["spec"]["podMetricsEndpoints"]
        labels |= {
            rule["replacement"]
            for rule in endpoint.get("relabelings", [])
            if rule.get("targetLabel") == "instance"
        }
    primary = "researchflow-test-database"
    expected = {primary, "queue"}
    if size != "small":
        expected |= {f"{primary}-replica-b", f"{primary}-replica-c"}
    if changes:
        expected.add("citus-coordinator")
    assert labels >= expected


def test_postgresql_is_asked_itself_with_its_certificate_verified(exporters):
    built = exporters()
    variables = environment(built, "postgres-exporter-1")
    uri = variables["DATA_SOURCE_URI"]
    assert uri.startswith("researchflow-test-database-replica-b.rds.example.com:5432/ros?")
    assert "sslmode=verify-full" in uri
    assert "pgbouncer" not in uri
    root = uri.partition("sslrootcert=")[2].partition("&")[0]
    folder, _, file = root.rpartition("/")
    (mount,) = container(built, "postgres-exporter-1")["volumeMounts"]
    assert (mount["mountPath"], mount["readOnly"]) == (folder, True)
    (files,) = [
        each.inputs["data"]
        for each in built.of_type(CONFIG_MAP)
        if each.inputs["metadata"]["name"] == "postgres-exporter-1"
    ]
    assert files[file].startswith("-----BEGIN CERTIFICATE-----")
    assert variables["DATA_SOURCE_USER"] == "researchflow_monitor"


@pytest.mark.parametrize("store", ["queue", "cache"])
def test_redis_is_asked_over_tls_with_a_login_of_its_own(exporters, store):
    variables = environment(exporters(), f"redis-exporter-{store}")
    assert variables["REDIS_ADDR"] == f"rediss://{store}.example.com:6379"
    assert variables["REDIS_USER"] == "exporter"
    arguments = container(exporters(), f"redis-exporter-{store}")["args"]
    assert not any("skip-tls-verification" in each for each in arguments)


def test_nodes_of_the_cache_are_asked_by_address_and_verified_by_name(exporters):
    variables = environment(exporters(), "redis-exporter-cache")
    assert variables["REDIS_EXPORTER_TLS_SERVER_NAME"] == "cache.example.com"
    assert "--is-cluster" in container(exporters(), "redis-exporter-cache")["args"]
    (scrape,) = exporters().of_type(SCRAPE)
    assert scrape.inputs["spec"]["httpSDConfigs"]


@pytest.mark.parametrize(
    ("application", "variable", "password"),
    [
        ("redis-exporter-queue", "REDIS_PASSWORD", f"{PASSWORD}-queue"),
        ("redis-exporter-cache", "REDIS_PASSWORD", f"{PASSWORD}-cache"),
        ("postgres-exporter-0", "DATA_SOURCE_PASS", f"{PASSWORD}-monitor"),
    ],
)
def test_a_password_is_a_reference_to_a_secret(exporters, application, variable, password):
    built = exporters()
    (entry,) = [e for e in container(built, application)["env"] if e["name"] == variable]
    assert "value" not in entry
    reference = entry["valueFrom"]["secretKeyRef"]
    (secret,) = [
        each
        for each in built.of_type(SECRET)
        if each.inputs["metadata"]["name"] == reference["name"]
    ]
    data = secret.inputs["stringData"]
    assert isinstance(data, Secret) or isinstance(data[reference["key"]], Secret)
    assert reveal(data)[reference["key"]] == password
    for resource in built.resources:
        if resource.type != SECRET:
            assert password not in json.dumps(reveal(resource.inputs)), resource.name


def test_a_rotated_password_replaces_the_pod_that_reads_it(exporters):
    annotations = pod(exporters(), "postgres-exporter-0")["metadata"]["annotations"]
    assert annotations == {"researchflow.io/files-hash": "version-1"}


def test_no_exporter_may_do_more_than_read(exporters):
    built = exporters()
    for application in applications(built):
        spec = pod(built, application)["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        context = container(built, application)["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container(built, application)["resources"]["limits"]["memory"]


def test_the_queues_lengths_and_ages_are_asked_for_while_redis_has_the_jobs(exporters):
    arguments = container(exporters(), "redis-exporter-queue")["args"]
    (keys,) = [each for each in arguments if each.startswith("--check-single-keys=")]
    assert all(f":{queue}" in keys for queue in load_plan().queue.names)
    assert "--lua-script-read-only" in arguments
    rabbitmq = exporters(queue={"engine": "rabbitmq"})
    arguments = container(rabbitmq, "redis-exporter-queue")["args"]
    assert not any("check-single-keys" in each or "script" in each for each in arguments)


def test_cloudwatch_is_read_of_this_stack_alone_by_the_account_of_its_role(exporters):
    built = exporters(queue={"engine": "rabbitmq"})
    spec = pod(built, "cloudwatch-exporter")["spec"]
    assert spec["serviceAccountName"] == "cloudwatch-exporter"
    (files,) = [
        each.inputs["data"]
        for each in built.of_type(CONFIG_MAP)
        if each.inputs["metadata"]["name"] == "cloudwatch-exporter"
    ]
    jobs = yaml.safe_load(files["config.yml"])["discovery"]["jobs"]
    assert "AWS/AmazonMQ" in {job["type"] for job in jobs}
    for job in jobs:
        tags = {tag["key"]: tag["value"] for tag in job["searchTags"]}
        assert tags == {"project": "^researchflow$", "stack": "^test$"}
