"""Which connections the whole program's NetworkPolicies let through."""

from ipaddress import IPv4Address, IPv4Network
from urllib.parse import urlsplit

import pytest

from rf.shared.plan import reveal
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names
from tests.configurations import RABBITMQ
from tests.program.network.reachability import POLICY, Pod, Reachability

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
SECRET = "kubernetes:core/v1:Secret"
IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
NAMESPACE = "researchflow"

PUBLIC = IPv4Address("203.0.113.9")
AGENT = IPv4Address("169.254.170.23")
METADATA = IPv4Address("169.254.169.254")
API_SERVER = IPv4Address("172.20.0.1")


def balancer(plan):
    """An address of the load balancer, in the first of its own subnets."""
    (own,) = plan.of_type("aws:lb/loadBalancer:LoadBalancer")
    (subnet,) = [
        r
        for r in plan.of_type("aws:ec2/subnet:Subnet")
        if r.resource_id == own.inputs["subnets"][0]
    ]
    return IPv4Network(subnet.inputs["cidrBlock"]).network_address + 7


def data(plan):
    """An address of a store, in a data subnet."""
    return _in_vpc(plan, 205 * 256 + 5)


def _in_vpc(plan, offset):
    (vpc,) = plan.of_type("aws:ec2/vpc:Vpc")
    return IPv4Network(vpc.inputs["cidrBlock"]).network_address + offset


def app(name):
    return Pod(NAMESPACE, (("app", name),))


DNS = Pod("kube-system", (("k8s-app", "kube-dns"),))
PROMETHEUS = Pod("monitoring", (("app.kubernetes.io/name", "prometheus"),))
ALERTMANAGER = Pod("monitoring", (("app.kubernetes.io/name", "alertmanager"),))
CITUS = Pod("citus", (("app", "StackGresCluster"), ("stackgres.io/cluster", "true")))
STRANGER = Pod("default", (("app", "stranger"),))
UNKNOWN = app("somebody-else")

PORTS = {1234, 3001, 8080, 8081, 9464, 6432, 9127, 5432, 5433, 5671, 6379, 443, 80, 53}
ALLOWED = {
    ("orchestrator", "pgbouncer", 6432),
    ("worker", "pgbouncer", 6432),
    ("collaboration", "pgbouncer", 6432),
    ("pooler-reconnect", "pgbouncer", 6432),
}


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_inside_the_namespace_the_pooler_is_all_that_a_pod_can_reach(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    names = [r.inputs["metadata"]["name"] for r in plan.of_type(DEPLOYMENT)]
    names += ["database-bootstrap", "database-migration", "pooler-reconnect", "somebody-else"]
    found = {
        (source, destination, port)
        for source in names
        for destination in names
        for port in PORTS
        if network.allows(app(source), app(destination), port)
    }
    workers = {("workflow-worker", "pgbouncer", 6432)} if "workflow-worker" in names else set()
    assert found == ALLOWED | workers


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_of_other_namespaces_the_job_that_distributes_tables_alone_reaches_the_pooler(
    serving, stack
):
    plan = serving(stack)
    network = Reachability(plan)
    distribution = Pod("citus", (("app", "citus-distribution"),))
    present = bool(plan.of_type("kubernetes:batch/v1:CronJob"))
    assert network.allows(distribution, app("pgbouncer"), 6432) == present
    for other in (CITUS, STRANGER, PROMETHEUS, Pod(NAMESPACE, (("app", "citus-distribution"),))):
        assert not network.allows(other, app("pgbouncer"), 6432)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_requests_come_in_by_the_load_balancer_alone(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    served = {("orchestrator", 3001), ("collaboration", 1234), ("web", 8080)}
    every = ("orchestrator", "collaboration", "web", "worker", "pgbouncer", "somebody-else")
    reached = {
        (name, port)
        for name in every
        for port in PORTS
        if network.allows(balancer(plan), app(name), port)
    }
    assert reached == served
    assert not any(network.allows(data(plan), app(name), port) for name in every for port in PORTS)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_metrics_are_read_from_the_monitoring_namespace_alone(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    for name, port in {
        "orchestrator": 9464,
        "worker": 9464,
        "collaboration": 9464,
        "web": 9464,
        "pgbouncer": 9127,
    }.items():
        assert network.allows(PROMETHEUS, app(name), port), name
        assert not network.allows(STRANGER, app(name), port), name
    assert not network.allows(PROMETHEUS, app("web"), 8080)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_a_pod_that_no_row_names_reaches_nobody(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    everywhere = (DNS, data(plan), PUBLIC, AGENT, METADATA, balancer(plan), CITUS)
    assert not any(network.allows(UNKNOWN, end, port) for end in everywhere for port in PORTS)
    assert not any(network.allows(app("web"), end, port) for end in everywhere for port in PORTS)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_only_orchestrator_and_worker_get_out_and_only_to_public_addresses(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    for name in ("orchestrator", "worker"):
        assert network.allows(app(name), PUBLIC, 443)
        assert network.allows(app(name), AGENT, 80)
        assert not network.allows(app(name), METADATA, 80)
        assert not network.allows(app(name), balancer(plan), 443)
        assert not network.allows(app(name), PUBLIC, 80)
    for name in ("collaboration", "web", "pgbouncer", "database-migration"):
        assert not network.allows(app(name), PUBLIC, 443), name
        assert not network.allows(app(name), AGENT, 80), name


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_a_pod_with_a_role_gets_its_credentials_and_reaches_aws_and_no_other_pod_does(
    serving, stack
):
    """The agent on each node hands a role's credentials out; without them CloudWatch's metrics and
    alerts stay where they are, and nothing says so."""
    plan = serving(stack)
    network = Reachability(plan)
    with_role = {
        (each.inputs["namespace"], each.inputs["serviceAccount"]) for each in plan.of_type(IDENTITY)
    }
    found = set()
    for deployment in plan.of_type(DEPLOYMENT):
        namespace = deployment.inputs["metadata"]["namespace"]
        template = deployment.inputs["spec"]["template"]
        pod = Pod(namespace, tuple(template["metadata"]["labels"].items()))
        owner = (namespace, template["spec"].get("serviceAccountName", "default"))
        reached = (network.allows(pod, AGENT, 80), network.allows(pod, PUBLIC, 443))
        assert reached == (owner in with_role,) * 2, owner
        assert not network.allows(pod, METADATA, 80), owner
        found |= {owner} & with_role
    assert found == {owner for owner in with_role if owner[0] == NAMESPACE} | {
        ("monitoring", "cloudwatch-exporter")
    }
    # Its pods are the chart's, with the chart's labels.
    assert ("monitoring", "alertmanager") in with_role
    assert network.allows(ALERTMANAGER, AGENT, 80)
    assert network.allows(ALERTMANAGER, PUBLIC, 443)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_the_job_with_the_superusers_password_reaches_citus_and_the_poolers_alone(serving, stack):
    plan = serving(stack)
    if not plan.of_type("kubernetes:batch/v1:CronJob"):
        return
    network = Reachability(plan)
    job = Pod("citus", (("app", "citus-distribution"),))
    assert network.allows(job, CITUS, 5432)
    for closed in (PUBLIC, AGENT, METADATA, data(plan), STRANGER):
        for port in PORTS:
            assert not network.allows(job, closed, port), (closed, port)
    assert not network.allows(CITUS, job, 5432)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_controllers_that_write_to_aws_or_to_the_cluster_reach_what_they_write_to(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    releases = {each.inputs["name"] for each in plan.of_type("kubernetes:helm.sh/v3:Release")}
    external_dns = Pod("external-dns", (("app.kubernetes.io/name", "external-dns"),))
    operator = Pod("stackgres", (("app", "stackgres-operator"), ("group", "stackgres.io")))
    jobs = Pod("stackgres", (("app", "stackgres-operator-init"), ("job", "install-sgconfig")))
    for release, pod, outside in (
        ("external-dns", external_dns, True),
        ("stackgres-operator", operator, True),
        ("stackgres-operator", jobs, False),
    ):
        if release not in releases:
            continue
        assert network.allows(pod, API_SERVER, 443), pod
        assert network.allows(pod, PUBLIC, 443) == outside, pod
        assert not network.allows(pod, app("pgbouncer"), 6432), pod
        assert not network.allows(pod, METADATA, 80), pod
        assert not network.allows(STRANGER, pod, 8443), pod
    if "stackgres-operator" in releases:
        # The API server calls its webhook from the VPC.
        assert network.allows(balancer(plan), operator, 8443)
        other = Pod("stackgres", (("app", "somebody-else"),))
        assert not network.allows(other, PUBLIC, 443)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_databases_are_reached_by_the_pooler_and_the_jobs_that_must_not_use_it(serving, stack):
    plan = serving(stack)
    network = Reachability(plan)
    names = [r.inputs["metadata"]["name"] for r in plan.of_type(DEPLOYMENT)]
    names += ["database-bootstrap", "database-migration", "pooler-reconnect"]
    to_rds = {name for name in names if network.allows(app(name), data(plan), 5432)}
    assert to_rds == {"pgbouncer", "database-bootstrap", "database-migration"}
    to_citus = {name for name in names if network.lets_out(app(name), CITUS, 5432)}
    serving = "SGShardedCluster" in {r.type.rsplit(":", 1)[-1] for r in plan.resources}
    assert to_citus == ({"pgbouncer", "database-migration"} if serving else set())


@pytest.mark.parametrize(
    ("stack", "overrides"),
    [*((name, ()) for name in stack_names(PROJECT_ROOT)), ("prod", RABBITMQ)],
)
def test_every_url_that_an_application_is_told_of_is_one_that_it_can_reach(
    serving, stack, overrides
):
    plan = serving(stack, overrides=overrides)
    network = Reachability(plan)
    told = list(_told_urls(plan))
    assert {name for name, _ in told} >= {"orchestrator", "worker", "collaboration"}
    for name, url in told:
        assert network.allows(app(name), DNS, 53, "UDP"), name
        host, port = urlsplit(url).hostname, urlsplit(url).port
        if host == "pgbouncer.researchflow.svc":
            assert network.allows(app(name), app("pgbouncer"), _pods_port(plan, port)), url
        else:
            assert network.allows(app(name), data(plan), port), (name, host, port)


def _told_urls(plan):
    """Each URL in an application's environment, with the application's name."""
    secrets = {
        r.inputs["metadata"]["name"]: reveal(r.inputs)["stringData"] for r in plan.of_type(SECRET)
    }
    for deployment in plan.of_type(DEPLOYMENT):
        name = deployment.inputs["metadata"]["name"]
        for container in deployment.inputs["spec"]["template"]["spec"]["containers"]:
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference and variable["name"].endswith("_URL"):
                    yield name, secrets[reference["name"]][reference["key"]]


def _pods_port(plan, service_port):
    (service,) = [r for r in plan.of_type(SERVICE) if r.inputs["metadata"]["name"] == "pgbouncer"]
    (port,) = service.inputs["spec"]["ports"]
    assert port["port"] == service_port
    (deployment,) = [
        r for r in plan.of_type(DEPLOYMENT) if r.inputs["metadata"]["name"] == "pgbouncer"
    ]
    ports = [
        named["containerPort"]
        for container in deployment.inputs["spec"]["template"]["spec"]["containers"]
        for named in container["ports"]
        if named["name"] == port["targetPort"]
    ]
    return ports[0]


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_pods_behind_a_service_are_named_by_the_services_own_selector(serving, stack):
    """The VPC CNI admits a Service's address only where its selector has the rule's labels."""
    plan = serving(stack)
    selectors = [r.inputs["spec"]["selector"] for r in plan.of_type(SERVICE)]
    for policy in plan.of_type(POLICY):
        if policy.inputs["metadata"]["namespace"] != NAMESPACE:
            continue
        for rule in policy.inputs["spec"].get("egress", []):
            for peer in rule["to"]:
                labels = peer.get("podSelector", {}).get("matchLabels", {})
                if peer.get("namespaceSelector") or not labels:
                    continue
                assert any(labels.items() <= selector.items() for selector in selectors), labels
