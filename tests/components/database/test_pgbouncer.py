"""PgBouncer in the cluster: the plan's Deployment and Service, locked down."""

import pulumi
import pytest

from components.database.pgbouncer import CONFIG_HASH_ANNOTATION, Pgbouncer, PgbouncerArgs, Upstream
from components.database.pgbouncer_pod import DRAIN_SECONDS, drain_script
from components.identity.authority import Authority, AuthorityArgs
from rendering.database.pgbouncer_ini import QUERY_WAIT_SECONDS
from rf.shared.plan import reveal
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.components.recorded_once import recorded_once

PLAN = load_plan()
PASSWORD = "Correct0Horse1Battery2Staple3"
ADMIN_PASSWORD = "Only0Told1To2Reconnect3"
READER_PASSWORD = "Only0Reading1Of2Patients3"
REPLICAS = ("b.example.com", "c.example.com")
PRIMARY = Upstream(hosts=["db.example.com"], port=5432)
CITUS = Upstream(hosts=["citus.citus.svc"], port=5433)


@pytest.fixture
def pgbouncer(build):
    @recorded_once
    def run(
        size=Size.MEDIUM,
        *,
        replicas=REPLICAS,
        password=PASSWORD,
        versions="v1",
        root="root",
        serving=False,
        **changes,
    ):
        def construct(opts):
            authority = Authority(
                "authority",
                AuthorityArgs(namespace="researchflow", organization="ResearchFlow"),
                opts,
            )
            args = PgbouncerArgs(
                namespace="researchflow",
                settings=PLAN.sizes[size].pgbouncer.model_copy(update=changes),
                plan=PLAN.pgbouncer,
                writer=CITUS if serving else PRIMARY,
                readers=Upstream(hosts=replicas, port=5433 if serving else 5432),
                system=PRIMARY,
                passwords={"researchflow_app": password, "researchflow_readonly": READER_PASSWORD},
                admin_password=pulumi.Output.secret(ADMIN_PASSWORD),
                credentials_versions=versions,
                authority=authority,
                server_authorities=root,
            )
            return Pgbouncer("pgbouncer", args, opts)

        return build(construct)

    return run


def deployment_of(built):
    return built.inputs("kubernetes:apps/v1:Deployment", "pgbouncer-deployment")["spec"]


def pod_of(built):
    return deployment_of(built)["template"]["spec"]


def container_of(built, name="pgbouncer"):
    (container,) = [c for c in pod_of(built)["containers"] if c["name"] == name]
    return container


def stats_password_of(built):
    (password,) = built.of_type("random:index/randomPassword:RandomPassword")
    return reveal(password.outputs)["result"]


def ini_of(built):
    return built.inputs("kubernetes:core/v1:ConfigMap", "pgbouncer-config")["data"]["pgbouncer.ini"]


def config_hash_of(built):
    return deployment_of(built)["template"]["metadata"]["annotations"][CONFIG_HASH_ANNOTATION]


@pytest.mark.parametrize("size", Size)
def test_the_pods_are_the_plans(pgbouncer, size):
    built = pgbouncer(size)
    container = container_of(built)
    assert deployment_of(built)["replicas"] == PLAN.sizes[size].pgbouncer.replicas
    assert container["resources"] == {
        "requests": {"memory": "64Mi", "cpu": "400m"},
        "limits": {"memory": "128Mi", "cpu": "1"},
    }
    assert container["ports"][0]["containerPort"] == 6432
    liveness, readiness = container["livenessProbe"], container["readinessProbe"]
    assert (liveness["initialDelaySeconds"], liveness["periodSeconds"]) == (10, 10)
    assert (readiness["initialDelaySeconds"], readiness["periodSeconds"]) == (5, 5)


def test_the_service_is_the_plans_and_its_name_is_in_the_certificate(pgbouncer):
    built = pgbouncer()
    service = built.inputs("kubernetes:core/v1:Service", "pgbouncer-service")
    (port,) = service["spec"]["ports"]
    assert (service["metadata"]["name"], port["port"]) == ("pgbouncer", 5432)
    assert port["targetPort"] == container_of(built)["ports"][0]["name"]
    pod_labels = deployment_of(built)["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= pod_labels.items()
    (request,) = built.of_type("tls:index/certRequest:CertRequest")
    assert {"pgbouncer", "pgbouncer.researchflow.svc"} <= set(request.inputs["dnsNames"])


def test_the_pod_runs_the_mounted_ini(pgbouncer):
    built = pgbouncer()
    container, pod = container_of(built), pod_of(built)
    assert container["command"] == ["/usr/bin/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"config": "/etc/pgbouncer", "tls": "/etc/pgbouncer-tls"}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    config_map, users = volumes["config"]["projected"]["sources"]
    names = {r.inputs["metadata"]["name"] for r in built.of_type("kubernetes:core/v1:Secret")}
    assert config_map["configMap"]["name"] == "pgbouncer"
    assert {users["secret"]["name"], volumes["tls"]["secret"]["secretName"]} < names


def test_every_file_that_the_ini_names_is_mounted(pgbouncer):
    built = pgbouncer()
    keys = built.inputs("kubernetes:core/v1:Secret", "pgbouncer-tls")["stringData"]
    users = built.inputs("kubernetes:core/v1:Secret", "pgbouncer-users")["stringData"]
    mounted = {f"/etc/pgbouncer-tls/{key}" for key in keys}
    config = built.inputs("kubernetes:core/v1:ConfigMap", "pgbouncer-config")["data"]
    mounted |= {f"/etc/pgbouncer/{key}" for key in [*users, *config] if key != "pgbouncer.ini"}
    named = {line.split(" = ")[1] for line in ini_of(built).splitlines() if "_file = " in line}
    assert named == mounted


@pytest.mark.parametrize("name", ["pgbouncer", "exporter"])
def test_the_pod_is_locked_down(pgbouncer, name):
    pod, container = pod_of(pgbouncer()), container_of(pgbouncer(), name)
    assert pod["securityContext"]["runAsUser"] == 70
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_image_is_pinned_past_the_known_crash_and_the_login_as_somebody_else(pgbouncer):
    image = container_of(pgbouncer())["image"]
    version = image.partition(":v")[2].partition("-")[0]
    # CVE-2026-107350; and from 1.25.0 on, verify-full works with the list of replicas.
    assert tuple(int(part) for part in version.split(".")) >= (1, 26, 1)


def test_pods_are_spread_over_zones_and_one_may_go_at_a_time(pgbouncer):
    built = pgbouncer()
    keys = [c["topologyKey"] for c in pod_of(built)["topologySpreadConstraints"]]
    assert "topology.kubernetes.io/zone" in keys
    (budget,) = built.of_type("kubernetes:policy/v1:PodDisruptionBudget")
    assert budget.inputs["spec"]["maxUnavailable"] == 1
    assert deployment_of(built)["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_stopping_pod_lets_transactions_end_before_kubernetes_kills_it(pgbouncer):
    built = pgbouncer()
    pod = pod_of(built)
    hook = container_of(built)["lifecycle"]["preStop"]["exec"]["command"]
    assert hook == ["/bin/sh", "-c", drain_script()]
    sleep, interrupt, *wait = drain_script().split("; ")
    assert interrupt == "kill -INT 1"
    # A second signal makes PgBouncer exit at once, so the hook has to stay until it has gone.
    assert f"seq {DRAIN_SECONDS}" in wait[0]
    assert pod["terminationGracePeriodSeconds"] > int(sleep.split()[1]) + DRAIN_SECONDS
    assert DRAIN_SECONDS < QUERY_WAIT_SECONDS


def test_a_changed_ini_rolls_the_pods(pgbouncer):
    before, after = pgbouncer(), pgbouncer(default_pool_size=30)
    assert ini_of(before) != ini_of(after)
    assert config_hash_of(before) != config_hash_of(after)
    assert config_hash_of(before) == config_hash_of(pgbouncer())


def test_more_clients_get_more_memory_than_the_plans(pgbouncer):
    container = container_of(pgbouncer(max_client_connections=8000))
    assert int(container["resources"]["limits"]["memory"].removesuffix("Mi")) > 128


def test_the_user_list_has_the_applications_roles_and_the_consoles_but_not_the_master(pgbouncer):
    built = pgbouncer()
    users = built.named("kubernetes:core/v1:Secret", "pgbouncer-users")
    assert reveal(users.inputs)["stringData"] == {
        "userlist.txt": f'"pgbouncer_admin" "{ADMIN_PASSWORD}"\n'
        f'"pgbouncer_stats" "{stats_password_of(built)}"\n'
        f'"researchflow_app" "{PASSWORD}"\n'
        f'"researchflow_readonly" "{READER_PASSWORD}"\n'
    }


def test_no_password_is_outside_a_secret(pgbouncer):
    built = pgbouncer()
    for password in (PASSWORD, READER_PASSWORD, stats_password_of(built)):
        assert password not in built.plan.to_json()
        assert password not in ini_of(built)


def test_a_new_password_rolls_the_pods_by_its_version_alone(pgbouncer):
    def annotations(**changes):
        return deployment_of(pgbouncer(**changes))["template"]["metadata"]["annotations"]

    assert annotations() == annotations(password="Another0Password1")
    assert annotations() != annotations(versions="v2")


def test_a_renewed_database_authority_rolls_the_pods(pgbouncer):
    assert config_hash_of(pgbouncer()) != config_hash_of(pgbouncer(root="renewed"))


def test_databases_are_verified_against_the_mounted_authority(pgbouncer):
    built = pgbouncer()
    config = built.inputs("kubernetes:core/v1:ConfigMap", "pgbouncer-config")["data"]
    assert config["server-authorities.crt"] == "root"
    assert "server_tls_sslmode = verify-full" in ini_of(built)
    assert "server_tls_ca_file = /etc/pgbouncer/server-authorities.crt" in ini_of(built)


def test_the_exporter_reads_as_a_user_that_reaches_no_data(pgbouncer):
    built = pgbouncer()
    exporter = container_of(built, "exporter")
    assert exporter["ports"] == [{"name": "metrics", "containerPort": 9127}]
    assert ":v0.12.1" in exporter["image"]
    assert "stats_users = pgbouncer_stats" in ini_of(built)
    (variable,) = exporter["env"]
    reference = variable["valueFrom"]["secretKeyRef"]
    secret = built.inputs("kubernetes:core/v1:Secret", "pgbouncer-stats")
    assert secret["metadata"]["name"] == reference["name"]
    url = secret["stringData"][reference["key"]]
    assert url.startswith(
        f"postgres://pgbouncer_stats:{stats_password_of(built)}@127.0.0.1:6432/pgbouncer?"
    )
    (mount,) = exporter["volumeMounts"]
    assert mount["mountPath"] in url
    assert mount["subPath"] == "ca.crt"


def test_another_server_rolls_the_pods(pgbouncer):
    assert config_hash_of(pgbouncer()) != config_hash_of(pgbouncer(serving=True))


def test_the_names_for_writes_and_reads_are_served(pgbouncer):
    built = pgbouncer()
    served = {line.split(" = ")[0] for line in ini_of(built).split("[pgbouncer]")[0].splitlines()}
    assert {built.result.database, f"{built.result.database}_ro"} <= served
