"""Fixtures of all suites: `build` for a single component, `planned` for the whole program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
import pytest
from hypothesis import settings as hypothesis_settings

from rf.offline.record import record_function
from rf.plan import RecordedPlan, RecordedResource, reveal
from rf.project import PROJECT_ROOT
from rf.stacks import serving_overrides
from tests.shared_plans import SharedPlans

# No time limit for a single example: on a busy machine the slowest says nothing of the code. The
# rest is Hypothesis' own default, which in CI draws the same examples each time.
hypothesis_settings.register_profile("suite", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("suite")

ROOT = PROJECT_ROOT
"""The project's directory."""

REGION = "us-east-1"
"""The region that `build`'s AWS provider names."""


class Built:
    """What a construct function registered, with plain resolved values to assert on.

    `plan` is the recorded plan (without the providers that `build` added); `result` what the
    function returned. Values read through `inputs` have their secrets revealed.
    """

    def __init__(self, plan: RecordedPlan, result: Any) -> None:
        self.plan = plan
        self.result = result
        self.resources = tuple(
            resource
            for resource in plan.resources
            if not resource.type.startswith("pulumi:providers:")
        )

    def of_type(self, token: str) -> list[RecordedResource]:
        """Resources of one type token (`aws:rds/instance:Instance`), sorted by URN."""
        return self.plan.of_type(token)

    def named(self, token: str, name: str) -> RecordedResource:
        """The resource of that type and logical name. Raises KeyError when there is none."""
        return self.plan.named(token, name)

    def inputs(self, token: str, name: str) -> dict[str, Any]:
        """Inputs of that resource in the provider's camelCase, secrets revealed."""
        return reveal(self.named(token, name).inputs)

    @property
    def exported(self) -> dict[str, Any]:
        """Values the function exported by `pulumi.export`; a secret is a `rf.plan.Secret`."""
        return dict(self.plan.outputs)


Build = Callable[..., Built]


@pytest.fixture
def build() -> Build:
    """Run a construct function under the recorder and return a `Built`.

        built = build(lambda opts: Network("network", NetworkArgs(...), opts))
        assert built.inputs("aws:ec2/vpc:Vpc", "network-vpc")["cidrBlock"] == "10.0.0.0/16"

    The function gets ResourceOptions that carry explicit aws, kubernetes, random and tls providers;
    every rule of the offline plan applies to what it registers, so a wrong key, value, type or
    Kubernetes object raises OfflineError. To assert on an Output, export it inside the function:
    `pulumi.export("url", cache.url)` and read `built.exported["url"]` (a `Secret` if it is one).
    `unknowns=True` leaves computed outputs unknown, as a first real preview does.
    """

    def run(construct: Callable[[pulumi.ResourceOptions], Any], *, unknowns: bool = False) -> Built:
        results: list[Any] = []
        plan = record_function(
            lambda: results.append(construct(_with_providers())),
            project="researchflow",
            stack="test",
            unknowns=unknowns,
        )
        return Built(plan, results[0])

    return run


def _with_providers() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        providers=[
            aws.Provider("aws", region=REGION),
            kubernetes.Provider("kubernetes", kubeconfig="{}", enable_server_side_apply=True),
            random.Provider("random"),
            tls.Provider("tls"),
        ]
    )


Planned = Callable[..., RecordedPlan]


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Planned:
    """The whole program's plan: `planned("prod")`, `planned("dev", size="large")`,
    `planned("dev", unknowns=True)`, `planned("dev", overrides=("worker.maxReplicas=9",))`.

    Each configuration is recorded once a session, whichever process asks first.
    """
    own = tmp_path_factory.getbasetemp()
    plans = SharedPlans(own if worker_id == "master" else own.parent)
    return plans.plan


@pytest.fixture(scope="session")
def serving(planned: Planned) -> Planned:
    """As `planned`, of a stack with its applications: a recovery site's once it took over."""

    def plan(stack: str, *, overrides: tuple[str, ...] = ()) -> RecordedPlan:
        return planned(stack, overrides=serving_overrides(stack, overrides=overrides))

    return plan


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """Write the text of a small Pulumi program and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "__main__.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, as the seeded faults that were caught."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"{name}: {value}")
