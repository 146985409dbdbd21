"""Citus on the cluster: nodes, servers, backups, TLS, and the job that distributes."""

import pulumi
import pulumi_aws as aws
import pytest

from components.citus.citus import Citus, CitusArgs
from components.database.credentials import RoleCredentials
from components.identity.authority import Authority, AuthorityArgs
from rendering.citus.names import PATRONI_PORT, server_names
from rendering.citus.roles import citus_roles_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES
from rendering.network.flow_table import network_flows
from rf.shared.plan import reveal
from scaleplan.catalog import Architecture
from scaleplan.citus.sharding import ShardingSettings, ShardingStage
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.components.applications.deployed import controller
from tests.components.recorded_once import recorded_once
from tests.components.values import cluster_handle, keys, place
from tests.unit.network.flow_site import stack

PLAN = load_plan()
TIMEOUTS = statement_timeouts(PLAN, MigrationsSettings())
PASSWORD = "Correct0Horse1Battery2Staple3"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
KEY = "arn:aws:kms:us-east-1:123456789012:key/data"

STACKGRES = "kubernetes:stackgres.io/"
CLUSTER = f"{STACKGRES}v1alpha1:SGShardedCluster"
GROUP = "aws:eks/nodeGroup:NodeGroup"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
JOB = "kubernetes:batch/v1:CronJob"


@pytest.fixture
def citus(build):
    @recorded_once
    def run(
        size=Size.LARGE,
        *,
        stage=ShardingStage.SERVING,
        protect=True,
        architecture=Architecture.ARM64,
        restored=None,
        **changes,
    ):
        row = PLAN.sizes[size]

        def construct(opts):
            ready = aws.eks.Addon(
                "names",
                cluster_name="researchflow-test",
                addon_name="coredns",
                opts=pulumi.ResourceOptions.merge(opts, None),
            )
            authority = Authority(
                "authority",
                AuthorityArgs(namespace="researchflow", organization="ResearchFlow"),
                opts,
            )
            made = Citus(
                "citus",
                CitusArgs(
                    place=place(availability_zones=ZONES, protect=protect),
                    keys=keys(data_arn=KEY),
                    cluster=cluster_handle(ready, kubernetes_version="1.35"),
                    backup_roles=[controller(opts)],
                    flows=network_flows(stack(citus=True)),
                    subnet_ids=["subnet-a", "subnet-b", "subnet-c"],
                    architecture=architecture,
                    stage=ShardingSettings(stage=stage, fresh_install=True, **(restored or {})),
                    settings=row.citus.model_copy(update=changes),
                    plan=PLAN.sharding,
                    pgbouncer=row.pgbouncer,
                    pooler_port=PLAN.pgbouncer.listen_port,
                    pooler_admin_password=pulumi.Output.secret(f"{PASSWORD}admin"),
                    database="ros",
                    roles={
                        key: RoleCredentials(
                            user=role.name,
                            password=pulumi.Output.secret(f"{PASSWORD}{key}"),
                            verifier="",
                            version="",
                            secret_arn="",
                        )
                        for key, role in ROLES.items()
                    },
                    statement_timeouts=TIMEOUTS,
                    client_namespace="researchflow",
                    authority=authority,
                ),
                opts,
            )
            pulumi.export("host", made.host)
            pulumi.export("readersHost", made.readers_host)
            pulumi.export("bucket", made.backups.bucket_name)

        return build(construct)

    return run


def spec_of(built):
    return built.inputs(CLUSTER, "citus-cluster")["spec"]


def only(built, token):
    (found,) = built.of_type(token)
    return reveal(found.inputs)


def groups_of(built):
    """Scheduling of each group of instances, and how many it has."""
    spec = spec_of(built)
    coordinator, shards = spec["coordinator"], spec["shards"]
    yield coordinator["pods"]["scheduling"], coordinator["instances"]
    for override in shards["overrides"]:
        yield override["pods"]["scheduling"], shards["instancesPerCluster"]


def zones_of(scheduling):
    terms = scheduling["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    ((expression,),) = [term["matchExpressions"] for term in terms["nodeSelectorTerms"]]
    assert (expression["key"], expression["operator"]) == ("topology.kubernetes.io/zone", "In")
    return expression["values"]


def test_the_operator_has_no_version_left_to_choose(citus):
    postgres = spec_of(citus())["postgres"]
    assert postgres["version"] == "16.13"
    assert postgres["extensions"] == [
        {"name": "citus", "version": "14.0.0"},
        {"name": "citus_columnar", "version": "14.0.0"},
    ]
    assert spec_of(citus(postgres_version="16.12"))["postgres"]["version"] == "16.12"


def test_the_cluster_is_the_plans(citus):
    spec = spec_of(citus())
    assert (spec["type"], spec["database"]) == ("citus", "ros")
    assert spec["coordinator"]["instances"] == 2
    assert (spec["shards"]["clusters"], spec["shards"]["instancesPerCluster"]) == (3, 2)
    assert [override["index"] for override in spec["shards"]["overrides"]] == [0, 1, 2]


@pytest.mark.parametrize("size", Size)
def test_every_instance_has_a_node_of_its_own_in_its_zone(citus, size):
    built = citus(size)
    assert spec_of(built)["profile"] == "production"  # which forbids two on one node
    pods = dict.fromkeys(ZONES, 0)
    for scheduling, instances in groups_of(built):
        zones = zones_of(scheduling)
        assert len(zones) == instances
        (spread,) = scheduling["topologySpreadConstraints"]
        assert (spread["maxSkew"], spread["whenUnsatisfiable"]) == (1, "DoNotSchedule")
        for zone in zones:
            pods[zone] += 1
    nodes = {
        ZONES["abc".index(group.name[-1])]: group.inputs["scalingConfig"]
        for group in built.of_type(GROUP)
    }
    assert {zone: scaling["minSize"] for zone, scaling in nodes.items()} == pods
    assert all(scaling["desiredSize"] == scaling["minSize"] for scaling in nodes.values())
    assert all(scaling["maxSize"] > scaling["minSize"] for scaling in nodes.values())


def test_node_groups_stand_in_one_zone_each_and_let_only_databases_in(citus):
    built = citus()
    groups = {group.name: group.inputs for group in built.of_type(GROUP)}
    subnets = {name: inputs["subnetIds"] for name, inputs in groups.items()}
    assert subnets == {f"citus-nodes-{zone}": [f"subnet-{zone}"] for zone in "abc"}
    for inputs in groups.values():
        assert inputs["taints"] == [
            {"key": "researchflow/pool", "value": "data", "effect": "NO_SCHEDULE"}
        ]
        assert (inputs["labels"], inputs["instanceTypes"]) == (
            {"researchflow/pool": "data"},
            ["r7g.2xlarge"],
        )
    for scheduling, _ in groups_of(built):
        (toleration,) = scheduling["tolerations"]
        assert (toleration["key"], toleration["value"]) == ("researchflow/pool", "data")
        assert scheduling["nodeSelector"] == {"researchflow/pool": "data"}


def test_more_shards_get_more_nodes(citus):
    built = citus(shard_clusters=4)
    sizes = [group.inputs["scalingConfig"]["desiredSize"] for group in built.of_type(GROUP)]
    assert sum(sizes) == 2 + 4 * 2
    assert not any(
        "scalingConfig.desiredSize" in group.ignore_changes for group in built.of_type(GROUP)
    )


def test_the_machines_image_is_of_their_processor_family(citus):
    built = citus(architecture=Architecture.X86_64, instance_class="r7i.2xlarge")
    assert {group.inputs["amiType"] for group in built.of_type(GROUP)} == {"AL2023_x86_64_STANDARD"}


def test_a_pod_requests_what_its_node_can_give(citus):
    profile = only(citus(), f"{STACKGRES}v1:SGInstanceProfile")
    whole = {"cpu": "7600m", "memory": "57Gi"}
    assert profile["spec"] == {**whole, "requests": whole}
    spec = spec_of(citus())
    for part in ("coordinator", "shards"):
        assert spec[part]["sgInstanceProfile"] == profile["metadata"]["name"]


@pytest.mark.parametrize("size", Size)
def test_a_commit_waits_for_the_copy_where_there_is_one(citus, size):
    spec = spec_of(citus(size))
    for part, instances in (("coordinator", "instances"), ("shards", "instancesPerCluster")):
        expected = "sync" if spec[part][instances] > 1 else "async"
        assert spec[part]["replication"] == {"mode": expected}


def test_postgres_is_given_the_connections_that_pgbouncer_opens(citus):
    config = only(citus(), f"{STACKGRES}v1:SGPostgresConfig")
    settings = config["spec"]["postgresql.conf"]
    assert settings["max_connections"] == "2050"
    assert settings["max_prepared_transactions"] == "4100"
    for part in ("coordinator", "shards"):
        configured = spec_of(citus())[part]["configurations"]["sgPostgresConfig"]
        assert configured == config["metadata"]["name"]


def test_clients_come_in_over_tls_alone_and_can_check_the_servers_name(citus):
    built = citus()
    spec = spec_of(built)
    ssl = spec["postgres"]["ssl"]
    assert ssl["enabled"] is True
    secret = built.inputs("kubernetes:core/v1:Secret", "citus-cluster-server-certificate")
    for selector in ("certificateSecretKeySelector", "privateKeySecretKeySelector"):
        assert ssl[selector]["name"] == secret["metadata"]["name"]
        assert ssl[selector]["key"] in secret["stringData"]
    for part in ("coordinator", "shards"):
        rules = spec[part]["configurations"]["patroni"]["dynamicConfig"]["postgresql"]["pg_hba"]
        remote = [rule for rule in rules if "127.0.0.1" not in rule and "::1" not in rule]
        assert remote == ["hostnossl all all all reject", "hostnossl replication all all reject"]
    (request,) = built.of_type("tls:index/certRequest:CertRequest")
    assert request.inputs["dnsNames"] == server_names()
    assert {built.exported["host"], built.exported["readersHost"]} <= set(server_names())


def test_servers_go_on_without_the_api_server_while_they_reach_one_another(citus):
    built = citus()
    for part in ("coordinator", "shards"):
        config = spec_of(built)[part]["configurations"]["patroni"]["dynamicConfig"]
        assert config["failsafe_mode"] is True
    # Patroni asks the copies before it goes on, at a port of its own.
    policy = built.named(POLICY, "citus-cluster-servers")
    rules = policy.inputs["spec"]["ingress"]
    among_themselves = [rule for rule in rules if {"podSelector": {}} in rule["from"]]
    assert [rule.get("ports") for rule in among_themselves] == [None]


def test_backups_go_to_a_private_encrypted_bucket_by_roles_without_keys(citus):
    built = citus()
    bucket = built.named("aws:s3/bucket:Bucket", "citus-backups-bucket")
    name = "researchflow-test-citus-123456789012-us-east-1"
    assert (bucket.inputs["bucket"], bucket.protect) == (name, True)
    storage = only(built, f"{STACKGRES}v1beta1:SGObjectStorage")
    assert storage["spec"]["s3"] == {
        "bucket": name,
        "region": "us-east-1",
        "awsCredentials": {"useIAMRole": True},
    }
    (backup,) = spec_of(built)["configurations"]["backups"]
    assert backup["sgObjectStorage"] == storage["metadata"]["name"]
    assert backup["retention"] == PLAN.sizes[Size.LARGE].citus.backup_retention_days
    (encryption,) = [r for r in built.resources if "ServerSideEncryption" in r.type]
    (rule,) = encryption.inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == KEY
    assert not [r for r in built.resources if r.type.startswith("aws:iam/accessKey")]


def test_it_is_made_empty_or_from_the_backup_that_the_stack_names(citus):
    assert "initialData" not in spec_of(citus())
    named = {"restore_from_backup": "daily"}
    of_the_backup = {"restore": {"fromBackup": {"name": "daily"}}}
    assert spec_of(citus(restored=named))["initialData"] == of_the_backup
    moment = "2026-11-30T02:45:00Z"
    (source,) = spec_of(citus(restored={**named, "restore_to_timestamp": moment}))["initialData"][
        "restore"
    ].values()
    assert source == {"name": "daily", "pointInTimeRecovery": {"restoreToTimestamp": moment}}


def test_servers_wait_for_the_roles_by_which_they_write_their_backups(citus):
    built = citus()
    role = built.named("kubernetes:core/v1:ConfigMap", "controller")
    assert role.urn in built.named(CLUSTER, "citus-cluster").dependencies


def test_servers_wait_for_operator_and_nodes(citus):
    built = citus()
    waited_for = set(built.named(CLUSTER, "citus-cluster").dependencies)
    (release,) = built.of_type("kubernetes:helm.sh/v3:Release")
    assert {release.urn, *(group.urn for group in built.of_type(GROUP))} <= waited_for
    for resource in built.resources:
        if resource.type.startswith(STACKGRES):
            assert release.urn in resource.dependencies, resource.name


def test_the_operator_may_enter_the_databases_namespace_alone(citus):
    release = only(citus(), "kubernetes:helm.sh/v3:Release")
    assert (release["version"], release["namespace"]) == ("1.18.6", "stackgres")
    assert release["values"]["allowedNamespaces"] == ["citus"]
    assert release["values"]["deploy"] == {"operator": True, "restapi": False, "collector": False}
    assert release["values"]["operator"]["nodeSelector"] == {"researchflow/pool": "system"}


def test_one_server_of_a_group_may_leave_at_a_time(citus):
    budgets = [reveal(budget.inputs)["spec"] for budget in citus().of_type(BUDGET)]
    chosen = {budget["selector"]["matchLabels"]["stackgres.io/cluster-name"] for budget in budgets}
    assert chosen == {"citus-coord", "citus-shard0", "citus-shard1", "citus-shard2"}
    assert {budget["minAvailable"] for budget in budgets} == {1}


def test_a_group_of_one_blocks_no_drain(citus):
    assert citus(Size.SMALL).of_type(BUDGET) == []


def test_volumes_are_encrypted_grow_and_outlive_the_cluster(citus):
    storage = only(citus(), "kubernetes:storage.k8s.io/v1:StorageClass")
    assert (storage["reclaimPolicy"], storage["allowVolumeExpansion"]) == ("Retain", True)
    assert (storage["parameters"]["encrypted"], storage["parameters"]["kmsKeyId"]) == ("true", KEY)
    assert storage["volumeBindingMode"] == "WaitForFirstConsumer"
    volume = spec_of(citus())["shards"]["pods"]["persistentVolume"]
    assert (volume["storageClass"], volume["size"]) == (storage["metadata"]["name"], "400Gi")


@pytest.mark.parametrize("protect", [True, False])
def test_what_holds_data_is_protected_as_the_stack_says(citus, protect):
    built = citus(protect=protect)
    guarded = {resource.name for resource in built.resources if resource.protect}
    expected = {"citus-cluster", "citus-namespace", "citus-backups-bucket"}
    # And what keeps the bucket closed, encrypted and its versions.
    parts = {"private", "ownership", "tls-only", "encryption", "versions", "lifecycle"}
    expected |= {f"citus-backups-{part}" for part in parts}
    assert guarded == (expected if protect else set())


def test_applications_reach_postgres_and_no_other_port(citus):
    policy = citus().inputs(POLICY, "citus-cluster-servers")["spec"]
    assert policy["podSelector"]["matchLabels"]["app"] == "StackGresCluster"
    clients = [
        rule
        for rule in policy["ingress"]
        if {"kubernetes.io/metadata.name": "researchflow"}
        in [peer.get("namespaceSelector", {}).get("matchLabels") for peer in rule["from"]]
    ]
    assert [rule["ports"] for rule in clients] == [[{"port": 5432, "protocol": "TCP"}]]
    monitoring = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    }
    (read,) = [rule["ports"] for rule in policy["ingress"] if monitoring in rule["from"]]
    assert {each["port"] for each in read} == {5432, PATRONI_PORT}


def test_the_job_with_the_superusers_password_opens_connections_to_servers_and_poolers_alone(citus):
    built = citus()
    policy = built.inputs(POLICY, "citus-network-citus-distribution")
    assert (policy["metadata"]["namespace"], policy["spec"].get("ingress")) == ("citus", None)
    ports = {use["port"] for rule in policy["spec"]["egress"] for use in rule["ports"]}
    assert ports == {53, 5432, 5433, 6432}
    assert not any("ipBlock" in peer for rule in policy["spec"]["egress"] for peer in rule["to"])
    (job,) = built.of_type("kubernetes:batch/v1:CronJob")
    assert built.named(POLICY, "citus-network-citus-distribution").urn in job.dependencies


def test_the_operator_is_asked_at_its_webhook_and_no_other_pod_of_its_namespace_talks(citus):
    built = citus()
    operator = built.inputs(POLICY, "citus-operator-network-stackgres-operator")["spec"]
    assert [use["port"] for rule in operator["ingress"] for use in rule["ports"]] == [8443]
    everyone = built.inputs(POLICY, "citus-operator-network-default-deny")
    assert everyone["metadata"]["namespace"] == "stackgres"
    assert everyone["spec"]["podSelector"] == {}
    assert not everyone["spec"].keys() & {"ingress", "egress"}


def test_the_three_roles_are_made_on_every_node_with_their_passwords(citus):
    built = citus()
    script = only(built, f"{STACKGRES}v1:SGScript")
    for part in ("coordinator", "shards"):
        assert spec_of(built)[part]["managedSql"]["scripts"] == [
            {"sgScript": script["metadata"]["name"]}
        ]
    (entry,) = script["spec"]["scripts"]
    assert (entry["database"], entry["retryOnError"]) == ("ros", True)
    reference = entry["scriptFrom"]["secretKeyRef"]
    secret = built.inputs("kubernetes:core/v1:Secret", "citus-cluster-roles")
    assert reference["name"] == secret["metadata"]["name"]
    passwords = {role.name: f"{PASSWORD}{key}" for key, role in ROLES.items()}
    assert secret["stringData"] == {reference["key"]: citus_roles_sql("ros", passwords, TIMEOUTS)}


def test_the_password_is_nowhere_in_the_plan(citus):
    assert PASSWORD not in citus().plan.to_json()


def test_tables_are_distributed_by_themselves_only_when_citus_serves(citus):
    assert only(citus(), JOB)["spec"]["suspend"] is False
    # A table that replication fills must stay plain until somebody has ended that.
    assert only(citus(stage=ShardingStage.PARALLEL), JOB)["spec"]["suspend"] is True


def test_the_job_logs_in_over_verified_tls_and_runs_the_mounted_sql(citus):
    built = citus()
    job = only(built, JOB)["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert environment["PGSSLMODE"] == "verify-full"
    assert environment["PGHOST"] in server_names()
    assert environment["PGPORT"] == "5433"
    (password,) = [entry for entry in container["env"] if entry["name"] == "PGPASSWORD"]
    assert password["valueFrom"]["secretKeyRef"] == {"name": "citus", "key": "superuser-password"}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    sql = built.inputs("kubernetes:core/v1:ConfigMap", "citus-distribution-sql")["data"]
    run = container["command"][-1].removeprefix(f"{mounts['sql']}/")
    assert f"--file={mounts['sql']}/distribute.sql" in sql[run]
    assert {"distribute.sql", "reconnect.sh"} < set(sql)
    assert environment["PGSSLROOTCERT"] == f"{mounts['ca']}/ca.crt"


def test_the_job_tells_every_pooler_and_its_password_is_a_reference(citus):
    built = citus()
    pod = only(built, JOB)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    told = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert told["POOLERS"] == str(PLAN.sizes[Size.LARGE].pgbouncer.replicas)
    waiting = only(citus(stage=ShardingStage.PARALLEL), JOB)["spec"]["jobTemplate"]["spec"]
    (unpooled,) = waiting["template"]["spec"]["containers"]
    assert {"name": "POOLERS", "value": "0"} in unpooled["env"]
    assert told["POOLER_HOST"] == "pgbouncer-poolers.researchflow.svc"
    assert told["POOLER_PORT"] == str(PLAN.pgbouncer.listen_port)
    (password,) = [entry for entry in container["env"] if entry["name"] == "POOLER_PASSWORD"]
    reference = password["valueFrom"]["secretKeyRef"]
    secret = reveal(built.inputs("kubernetes:core/v1:Secret", "citus-distribution-pooler-admin"))
    assert secret["metadata"]["name"] == reference["name"]
    assert secret["stringData"] == {reference["key"]: f"{PASSWORD}admin"}


def test_the_job_is_locked_down_and_its_client_is_of_the_servers_major(citus):
    pod = only(citus(), JOB)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"].startswith("postgres:16.")
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
