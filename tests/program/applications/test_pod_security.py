"""Every pod of the applications' namespace meets the Pod Security Standard `restricted`."""

import pytest

from components.database.bootstrap import MIGRATOR_CREDENTIALS
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names

NAMESPACE = "researchflow"
STACKS = stack_names(PROJECT_ROOT)
POD_OWNERS = ("kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job")
SERVICE_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip


def _containers(pod):
    return [*pod.get("initContainers", []), *pod["containers"]]


def _handlers(container):
    probes = [container.get(f"{kind}Probe") for kind in ("startup", "liveness", "readiness")]
    hooks = container.get("lifecycle", {}).values()
    return [each for each in (*probes, *hooks) if each]


# Each control of the standard as Kubernetes 1.35 states it; true means that the pod keeps it.
CONTROLS = {
    "host namespaces": lambda pod: (
        not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
    ),
    "volume types": lambda pod: all(
        set(volume) - {"name"} <= VOLUMES for volume in pod.get("volumes", [])
    ),
    "privileged containers": lambda pod: (
        not any(each["securityContext"].get("privileged") for each in _containers(pod))
    ),
    "privilege escalation": lambda pod: all(
        each["securityContext"]["allowPrivilegeEscalation"] is False for each in _containers(pod)
    ),
    "capabilities": lambda pod: all(
        each["securityContext"]["capabilities"] == {"drop": ["ALL"]} for each in _containers(pod)
    ),
    "running as non-root": lambda pod: (
        pod["securityContext"]["runAsNonRoot"] is True
        and not any(
            each["securityContext"].get("runAsNonRoot") is False for each in _containers(pod)
        )
    ),
    "non-root user": lambda pod: (
        pod["securityContext"]["runAsUser"] > 0
        and all(each["securityContext"].get("runAsUser", 1) > 0 for each in _containers(pod))
    ),
    "seccomp": lambda pod: (
        pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        and not any("seccompProfile" in each["securityContext"] for each in _containers(pod))
    ),
    "host ports": lambda pod: (
        not any(port.get("hostPort") for each in _containers(pod) for port in each.get("ports", []))
    ),
    "host probes and hooks": lambda pod: (
        not any(
            handler.get(action, {}).get("host")
            for each in _containers(pod)
            for handler in _handlers(each)
            for action in ("httpGet", "tcpSocket")
        )
    ),
    "sysctls": lambda pod: not pod["securityContext"].get("sysctls"),
    "/proc mount": lambda pod: (
        not any(each["securityContext"].get("procMount") for each in _containers(pod))
    ),
    # Beyond the standard.
    "read-only root": lambda pod: all(
        each["securityContext"]["readOnlyRootFilesystem"] is True for each in _containers(pod)
    ),
    "no token": lambda pod: pod["automountServiceAccountToken"] is False,
    "no variables of services": lambda pod: pod["enableServiceLinks"] is False,
}


def pods(plan):
    """Pod spec by the name of what makes it."""
    return {
        resource.inputs["metadata"]["name"]: resource.inputs["spec"]["template"]["spec"]
        for token in POD_OWNERS
        for resource in plan.of_type(token)
        if resource.inputs["metadata"]["namespace"] == NAMESPACE
    }


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_keeps_the_control(serving, stack, control):
    found = pods(serving(stack))
    assert len(found) >= 7
    assert [name for name, pod in found.items() if not CONTROLS[control](pod)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_namespace_enforces_audits_and_warns(serving, stack):
    (labels,) = [
        r.inputs["metadata"]["labels"]
        for r in serving(stack).of_type("kubernetes:core/v1:Namespace")
        if r.inputs["metadata"]["name"] == NAMESPACE
    ]
    modes = {k.split("/")[1]: v for k, v in labels.items() if k.startswith("pod-security")}
    assert modes == dict.fromkeys(("enforce", "audit", "warn"), "restricted")


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_has_an_account_of_its_own_without_a_token(serving, stack):
    plan = serving(stack)
    accounts = {
        r.inputs["metadata"]["name"]: r.inputs
        for r in plan.of_type(SERVICE_ACCOUNT)
        if r.inputs["metadata"]["namespace"] == NAMESPACE
    }
    used = [pod["serviceAccountName"] for pod in pods(plan).values()]
    assert sorted(used) == sorted(set(used))
    assert set(used) == set(accounts)
    assert all(each["automountServiceAccountToken"] is False for each in accounts.values())


@pytest.mark.parametrize("stack", STACKS)
def test_no_budget_ever_blocks_a_drain(serving, stack):
    """One pod may always go, also the only one, and a broken one whatever the others do."""
    plan = serving(stack)
    budgets = {
        r.inputs["spec"]["selector"]["matchLabels"]["app"]: r.inputs["spec"]
        for r in plan.of_type(BUDGET)
        if r.inputs["metadata"]["namespace"] == NAMESPACE
    }
    deployed = {
        r.inputs["metadata"]["name"]
        for r in plan.of_type("kubernetes:apps/v1:Deployment")
        if r.inputs["metadata"]["namespace"] == NAMESPACE
    }
    assert set(budgets) == deployed
    for spec in budgets.values():
        assert spec["maxUnavailable"] == 1
        assert "minAvailable" not in spec
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def jobs(plan, name):
    return [
        r
        for r in plan.of_type("kubernetes:batch/v1:Job")
        if r.inputs["metadata"]["name"].startswith(f"{name}-")
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_pods_wait_for_poolers_that_reconnected_after_a_migration_past_them(serving, stack):
    plan = serving(stack)
    (migration,) = jobs(plan, "database-migration")
    (reconnect,) = jobs(plan, "pooler-reconnect")
    (pooler,) = [
        r
        for r in plan.of_type("kubernetes:apps/v1:Deployment")
        if r.inputs["metadata"]["name"] == "pgbouncer"
    ]
    assert {migration.urn, pooler.urn} <= set(reconnect.dependencies)
    waiting = {
        r.inputs["metadata"]["name"]
        for r in plan.of_type("kubernetes:apps/v1:Deployment")
        if reconnect.urn in r.dependencies
    }
    workers = {r.inputs["metadata"]["name"] for r in plan.of_type("kubernetes:apps/v1:Deployment")}
    expected = {"orchestrator", "worker", "collaboration"} | (workers & {"workflow-worker"})
    assert waiting == expected
    (bootstrap,) = jobs(plan, "database-bootstrap")
    (migrator,) = [
        r
        for r in plan.of_type("kubernetes:core/v1:Secret")
        if r.inputs["metadata"]["name"] == MIGRATOR_CREDENTIALS
    ]
    assert migrator.urn in migration.dependencies
    assert bootstrap.urn in migrator.dependencies


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_takes_a_value_of_a_job(serving, stack):
    """A Job is made anew with each change, and a preview does not know what it then holds: what
    takes a value of it would be called replaced, too, as Deployments were."""
    plan = serving(stack)
    made_anew = {r.urn for r in plan.of_type("kubernetes:batch/v1:Job")}
    assert made_anew
    taking = [
        (r.name, name)
        for r in plan.resources
        for name, sources in r.property_dependencies.items()
        if made_anew & set(sources)
    ]
    assert taking == []
