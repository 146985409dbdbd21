"""What a test of a component needs, in either style; `docs/testing.md` shows both.

`build` runs a construct function under the recorder of the offline plan: every rule applies, and
everything that was registered can be asserted on. `Mocks` is for tests in the form of Pulumi's own
guide (`pulumi.runtime.set_mocks`, `@pulumi.runtime.test`): resources answer as they do in the
offline plan, instead of with their inputs alone. Both may stand in one run, in any order.

Import from it, or name it to pytest as a plugin (`-p researchflow_testing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from rf.shared.offline.computed import answer
from rf.shared.offline.input_rules import STACK_REFERENCE
from rf.shared.offline.invention import LOOKUPS, LookupRefusedError, Registration
from rf.shared.offline.monitor import References
from rf.shared.offline.record import record_function
from rf.shared.offline.rules import check
from rf.shared.offline.violations import OfflineError
from rf.shared.plan import RecordedPlan, RecordedResource, no_such, reveal

PROJECT = "researchflow"
STACK = "test"

REGION = "us-east-1"
"""The region that `build`'s AWS provider names."""


class Named(dict[str, Any]):
    """Values by their name. A name that isn't there raises KeyError with the nearest one."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        super().__init__(values)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise KeyError(no_such(f"no {key} in {self._where}", key, list(self)))


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
        """The resource of that type and logical name.

        Raises KeyError, which says the nearest one, when there is none.
        """
        return self.plan.named(token, name)

    def inputs(self, token: str, name: str) -> dict[str, Any]:
        """Inputs of that resource in the provider's camelCase, secrets revealed.

        A key that it doesn't have raises KeyError with the nearest one.
        """
        return Named(reveal(self.named(token, name).inputs), f"the inputs of {name}")

    @property
    def exported(self) -> dict[str, Any]:
        """Values the function exported by `pulumi.export`; a secret is a `Secret`."""
        return Named(self.plan.outputs, "what was exported")


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
            project=PROJECT,
            stack=STACK,
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


class Mocks(pulumi.runtime.Mocks):
    """For `pulumi.runtime.set_mocks`: answers as the offline plan does, and refuses as it does.

    Each output that the SDK declares has a well-formed value, the same on every run. An input that
    is misspelt, of a wrong type or outside its enum, a Kubernetes object that fails its schema and
    an unknown lookup raise OfflineError or LookupRefusedError, which name the nearest. `references`
    has the outputs of other stacks by the stack's name. `registered` has what was registered so
    far, secrets revealed; `inputs` finds one resource's.
    """

    def __init__(self, references: References | None = None) -> None:
        self.references = references or {}
        self.registered: list[MockResourceArgs] = []
        self._regions: dict[str, str] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and outputs. Raises OfflineError for inputs that a deployment would refuse."""
        args.inputs = _plain(args.inputs)
        self.registered.append(args)
        if args.typ == STACK_REFERENCE:
            return args.name, self._referred_to(args)
        if args.custom is None:
            text = f"{args.typ} {args.name}: get() reads what only a cloud has"
            raise LookupRefusedError(text)
        if not args.custom:
            return "", args.inputs
        urn = f"urn:pulumi:{STACK}::{PROJECT}::{args.typ}::{args.name}"
        violations = check([_recorded(urn, args)])
        if violations:
            raise OfflineError(violations)
        provider = (args.provider or "").rsplit("::", 1)[0].rsplit("::", 1)[-1]
        if args.typ == "pulumi:providers:aws":
            self._regions[args.name] = str(args.inputs.get("region", ""))
        resource_id, outputs = answer(
            Registration(
                urn=urn,
                origin=urn,
                token=args.typ,
                name=args.name,
                inputs=args.inputs,
                region=self._regions.get(provider),
            )
        )
        # The SDK knows itself which outputs are secret.
        return resource_id, reveal(outputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """What a lookup finds. Raises LookupRefusedError for one that only a cloud can answer."""
        lookup = LOOKUPS.get(args.token)
        if lookup is None:
            text = f"{args.token}: a test has no cloud to ask"
            raise LookupRefusedError(no_such(text, args.token, list(LOOKUPS)))
        return lookup(), []

    def inputs(self, token: str, name: str) -> dict[str, Any]:
        """Inputs of the resource of that type and name, in the provider's camelCase.

        Raises KeyError, which says the nearest one, when there is none, and for a key that it
        doesn't have.
        """
        for args in self.registered:
            if (args.typ, args.name) == (token, name):
                return Named(args.inputs, f"the inputs of {name}")
        names = [args.name for args in self.registered if args.typ == token]
        tokens = sorted({args.typ for args in self.registered})
        text = f"no {token} named {name} was registered"
        raise KeyError(no_such(text, name, names) if names else no_such(text, token, tokens))

    def _referred_to(self, args: MockResourceArgs) -> dict[str, Any]:
        stack = str(args.inputs["name"]).rsplit("/", 1)[-1]
        if stack not in self.references:
            text = f"no outputs were given of the stack {stack}: Mocks(references={{...}})"
            raise LookupRefusedError(no_such(text, stack, list(self.references)))
        return {"name": args.inputs["name"], "outputs": dict(self.references[stack])}


def _plain(value: Any) -> Any:
    """An input as the program gave it: to the mocks, whole numbers come as floats and secrets
    wrapped."""
    match value:
        case dict() if rpc.is_rpc_secret(value):
            return _plain(rpc.unwrap_rpc_secret(value))
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _recorded(urn: str, args: MockResourceArgs) -> RecordedResource:
    """The registration as the rules read it. Pulumi's guide leaves providers out: so may a test."""
    return RecordedResource(
        urn=urn,
        type=args.typ,
        name=args.name,
        parent="",
        custom=True,
        provider=args.provider or "default",
        inputs=args.inputs,
        dependencies=(),
        property_dependencies={},
        protect=False,
        retain_on_delete=False,
        ignore_changes=(),
        aliases=(),
        resource_id="",
        outputs={},
    )
