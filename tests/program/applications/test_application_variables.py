"""What the program gives the applications is what the contract says."""

import pytest

from rendering.applications.variables import MIGRATION, VARIABLES, Source
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names
from tests.configurations import ACTIVE, BEFORE_CITUS, RABBITMQ

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CONTRACT = {variable.name: variable for variable in VARIABLES}
PAGE = (PROJECT_ROOT / "docs" / "application-contract.md").read_text(encoding="utf-8")
APPLICATIONS = {"orchestrator", "worker", "collaboration", "web"}
PLANS = [
    # A recovery site that waits runs no application.
    *((name, ACTIVE if name == "prod-dr" else ()) for name in stack_names(PROJECT_ROOT)),
    ("prod", BEFORE_CITUS),
    ("prod", RABBITMQ),
]


def given(plan):
    """Each application's variables with the place that they come from."""
    found = {}
    for resource in (*plan.of_type(DEPLOYMENT), *plan.of_type(JOB)):
        name = resource.inputs["metadata"]["labels"]["app"]
        if name not in APPLICATIONS | {MIGRATION}:
            continue
        (container,) = resource.inputs["spec"]["template"]["spec"]["containers"]
        found[name] = {variable["name"]: _source(variable) for variable in container["env"]}
    return found


def _source(variable):
    reference = variable.get("valueFrom", {})
    if "secretKeyRef" in reference:
        return Source.SECRET
    return Source.CONFIG if "configMapKeyRef" in reference else Source.POD


@pytest.mark.parametrize(("stack", "overrides"), PLANS)
def test_every_variable_of_every_pod_is_in_the_contract(planned, stack, overrides):
    for application, variables in given(planned(stack, overrides=overrides)).items():
        for name, source in variables.items():
            assert f"| `{name}` |" in PAGE, name
            assert application in CONTRACT[name].readers, (application, name)
            assert CONTRACT[name].source is source, (application, name)


def test_every_variable_of_the_contract_is_given_to_each_of_its_readers_by_some_stack(planned):
    seen = {
        (application, name)
        for stack, overrides in PLANS
        for application, variables in given(planned(stack, overrides=overrides)).items()
        for name in variables
    }
    promised = {(reader, variable.name) for variable in VARIABLES for reader in variable.readers}
    assert seen == promised


@pytest.mark.parametrize(("stack", "overrides"), PLANS)
def test_everything_in_the_config_map_is_read_by_somebody(planned, stack, overrides):
    (config,) = [
        r.inputs["data"]
        for r in planned(stack, overrides=overrides).of_type(CONFIG_MAP)
        if r.inputs["metadata"]["name"] == "application-config"
    ]
    assert set(config) <= {v.name for v in VARIABLES if v.source is Source.CONFIG}


def test_the_plans_cache_headers_reach_the_orchestrator(planned):
    (config,) = [
        r.inputs["data"]
        for r in planned("prod").of_type(CONFIG_MAP)
        if r.inputs["metadata"]["name"] == "application-config"
    ]
    assert config["CACHE_CONTROL_MUTATION"] == "no-store"
    assert config["CACHE_CONTROL_PUBLIC_PATH_PREFIX"] == "/api/public/"
    assert config["CACHE_CONTROL_PUBLIC"] == "public, max-age=300, stale-while-revalidate=60"
    assert config["CACHE_CONTROL_AUTHENTICATED"] == "private, no-cache"
