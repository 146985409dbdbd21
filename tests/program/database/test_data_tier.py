"""The data tier in the whole program: who may log in where, and who waits for whom."""

import re

import pytest

from rf.shared.plan import reveal
from rf.shared.project import PROJECT_ROOT
from scaleplan.capacity.connection_limits import check_connections
from scaleplan.config.parsing import parse
from scaleplan.config.stack_file import read_stack, stack_names
from scaleplan.load import load_at
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import PROJECT

SIZES = ("small", "medium", "large")
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
JOB = "kubernetes:batch/v1:Job"
INSTANCE = "aws:rds/instance:Instance"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def secrets_of(plan):
    """Contents of each Secret by its name in the cluster."""
    inputs = [reveal(resource.inputs) for resource in plan.of_type(SECRET)]
    return {i["metadata"]["name"]: i.get("stringData") or i.get("data") for i in inputs}


def deployments_of(plan):
    return {r.inputs["metadata"]["name"]: r for r in plan.of_type(DEPLOYMENT)}


def waits_for(plan, resource, urn):
    """Whether the resource is made after that one, if not directly."""
    by_urn = {each.urn: each for each in plan.resources}
    seen, open_ends = set(), [resource.urn]
    while open_ends:
        found = set(by_urn[open_ends.pop()].dependencies) - seen
        seen |= found
        open_ends += found
    return urn in seen


def database_clients_of(plan):
    """Deployments whose pods are told of the database."""
    clients = set()
    for name, deployment in deployments_of(plan).items():
        for container in deployment.inputs["spec"]["template"]["spec"]["containers"]:
            if "DATABASE_URL" in {variable["name"] for variable in container.get("env", [])}:
                clients.add(name)
    return clients


@pytest.mark.parametrize("size", SIZES)
def test_the_master_password_is_nowhere_but_where_the_bootstrap_reads_it(planned, size):
    plan = planned("prod", size=size)
    (primary,) = [r for r in plan.of_type(INSTANCE) if "replicateSourceDb" not in r.inputs]
    password = reveal(primary.inputs)["password"]
    holders = [name for name, data in secrets_of(plan).items() if password in str(data)]
    assert holders == ["database-bootstrap"]


@pytest.mark.parametrize("size", SIZES)
def test_every_url_of_the_applications_logs_in_as_a_user_that_pgbouncer_knows(planned, size):
    secrets = secrets_of(planned("prod", size=size))
    users = dict(re.findall(r'^"(\S+)" "(\S+)"$', secrets["pgbouncer-users"]["userlist.txt"], re.M))
    credentials = secrets["postgres-credentials"]
    for key, user in (
        ("url", "researchflow_app"),
        ("system-url", "researchflow_app"),
        ("replica-url", "researchflow_readonly"),
    ):
        assert credentials[key].startswith(f"postgresql://{user}:{users[user]}@"), key
    consoles = {"pgbouncer_stats", "pgbouncer_admin"}
    assert set(users) == {"researchflow_app", "researchflow_readonly", *consoles}


@pytest.mark.parametrize("size", SIZES)
def test_the_bootstrap_gives_postgresql_the_verifiers_of_just_those_passwords(planned, size):
    secrets = secrets_of(planned("prod", size=size))
    verifiers = {k: v for k, v in secrets["database-bootstrap"].items() if k != "PGPASSWORD"}
    roles = {"APPLICATION", "READONLY", "MIGRATOR", "MONITOR"}
    roles |= {"WORKFLOWS"} if load_plan().sizes[Size(size)].workflows.enabled else set()
    assert set(verifiers) == {f"VERIFIER_{role}" for role in roles}
    assert len(set(verifiers.values())) == len(roles)
    assert all(value.startswith("SCRAM-SHA-256$4096:") for value in verifiers.values())


@pytest.mark.parametrize("size", SIZES)
def test_no_pod_that_logs_in_starts_before_the_roles_are_there(planned, size):
    plan = planned("prod", size=size)
    job = plan.named(JOB, "database-bootstrap-job")
    waiting = {name for name, d in deployments_of(plan).items() if waits_for(plan, d, job.urn)}
    assert waiting == {"pgbouncer"} | database_clients_of(plan)


@pytest.mark.parametrize("size", SIZES)
def test_the_bootstrap_talks_to_the_writer_and_waits_for_it(planned, size):
    plan = planned("prod", size=size)
    job = plan.named(JOB, "database-bootstrap-job")
    (primary,) = [r for r in plan.of_type(INSTANCE) if "replicateSourceDb" not in r.inputs]
    (container,) = job.inputs["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert environment["PGHOST"] == primary.outputs["address"]
    assert primary.urn in job.dependencies


@pytest.mark.parametrize("size", SIZES)
def test_pgbouncer_reaches_the_subnets_that_the_databases_stand_in(planned, size):
    plan = planned("prod", size=size)
    (policy,) = [
        r for r in plan.of_type(POLICY) if r.inputs["metadata"]["name"] == "pgbouncer-flows"
    ]
    reached = {
        peer["ipBlock"]["cidr"]
        for rule in policy.inputs["spec"]["egress"]
        if {"port": 5432, "protocol": "TCP"} in rule["ports"]
        for peer in rule["to"]
        if "ipBlock" in peer
    }
    subnets = plan.of_type("aws:ec2/subnet:Subnet")
    (group,) = plan.of_type("aws:rds/subnetGroup:SubnetGroup")
    holding = [subnet for subnet in subnets if subnet.urn in group.dependencies]
    assert len(holding) == len(group.inputs["subnetIds"]) == 3
    assert reached == {subnet.inputs["cidrBlock"] for subnet in holding}


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_no_major_upgrade_by_blue_green_is_left_to_the_program(planned, stack):
    plan = planned(stack)
    for instance in plan.of_type(INSTANCE):
        assert "blueGreenUpdate" not in instance.inputs, instance.urn
        assert "allowMajorVersionUpgrade" not in instance.inputs, instance.urn


def test_the_runbooks_name_resources_that_exist(planned):
    text = (PROJECT_ROOT / "docs" / "database.md").read_text(encoding="utf-8")
    named = set(re.findall(r":([A-Za-z]+::[a-z0-9-]+)'?", text))
    # The next major version's, which is not there yet.
    named.remove("ParameterGroup::database-postgres17")
    there = {r.urn.split(":")[-3] + "::" + r.name for r in planned("prod").resources}
    assert len(named) >= 5
    assert named <= there


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_every_stack_fits_from_its_pools_to_its_databases_connections(stack):
    settings = parse(PROJECT, stack, read_stack(PROJECT_ROOT, PROJECT, stack))
    load = load_at(settings.load, load_plan(), settings.size)
    assert check_connections(settings, load, None).passes
