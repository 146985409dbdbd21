"""The pack for Pulumi's engine: `pulumi preview --policy-pack policy`.

The engine shows each resource's inputs before it creates the resource, and at the end the whole
stack, with outputs in the inputs' place. Outputs have what a provider or a server filled in (a
Deployment's `replicas`), so the rules that need the whole stack judge the inputs that were shown
before; only what an update of targets leaves out is judged by its outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyProviderResource,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from rules import RULES
from rules.shared.exceptions import (
    FILE,
    ExceptionInputError,
    PolicyException,
    expired,
    of_stack,
    read_exceptions,
)
from rules.shared.rule import SIZES, Level, Resource, Rule, StackResources, judge
from rules.shared.values import UNKNOWN

_LEVELS: Mapping[Level, EnforcementLevel] = {
    Level.MANDATORY: EnforcementLevel.MANDATORY,
    Level.ADVISORY: EnforcementLevel.ADVISORY,
}


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The rules as policies of one run of the engine. `shown` is what it showed so far, by URN."""

    name: str
    stack: StackResources
    exceptions: Sequence[PolicyException]
    today: date
    shown: dict[str, Resource] = field(default_factory=dict[str, Resource])

    def policies(self) -> list[Policy]:
        """One policy a rule, and one for the exceptions themselves."""
        first = next(rule for rule in RULES if not rule.whole_stack)
        policies = [
            self._of_stack(rule)
            if rule.whole_stack
            else self._of_resource(rule, first=rule is first)
            for rule in RULES
        ]
        in_order = StackValidationPolicy(
            name="exceptions-in-order",
            description="Every exception names a resource of the stack, and has not expired.",
            enforcement_level=EnforcementLevel.MANDATORY,
            validate=self._check_exceptions,
            remediation_steps="correct or remove the entry in policy/exceptions.yaml",
        )
        return [*policies, in_order]

    def _of_resource(self, rule: Rule, *, first: bool) -> Policy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            # Read once: the SDK asks the policies in their order, each with a copy of its own.
            if first or args.urn not in self.shown:
                self.shown[args.urn] = self._one(args, plain(args.props))
            self._judge(rule, self.shown[args.urn], self.stack, report)

        return ResourceValidationPolicy(
            name=rule.id,
            description=rule.demand,
            enforcement_level=_LEVELS[rule.level],
            validate=validate,
            remediation_steps=rule.remedy,
        )

    def _of_stack(self, rule: Rule) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            stack = self._whole(args)
            for resource in stack.resources:
                self._judge(rule, resource, stack, report)

        return StackValidationPolicy(
            name=rule.id,
            description=rule.demand,
            enforcement_level=_LEVELS[rule.level],
            validate=validate,
            remediation_steps=rule.remedy,
        )

    def _one(
        self, args: ResourceValidationArgs | PolicyResource, inputs: Mapping[str, Any]
    ) -> Resource:
        provider = _provider(args.provider)
        return Resource(
            urn=args.urn,
            type=args.resource_type,
            name=args.name,
            inputs=inputs,
            protect=bool(args.opts.protect),
            parent=args.opts.parent or "",
            provider=provider,
            custom=provider is not None or args.resource_type.startswith("pulumi:providers:"),
        )

    def _inputs(self, resource: PolicyResource) -> Mapping[str, Any]:
        shown = self.shown.get(resource.urn)
        return plain(resource.props) if shown is None else shown.inputs

    def _whole(self, args: StackValidationArgs) -> StackResources:
        resources = [
            replace(
                self._one(each, self._inputs(each)),
                points_at={
                    key: frozenset(source.urn for source in sources)
                    for key, sources in each.property_dependencies.items()
                    if sources
                },
            )
            for each in args.resources
        ]
        return replace(self.stack, resources=tuple(resources))

    def _judge(
        self, rule: Rule, resource: Resource, stack: StackResources, report: ReportViolation
    ) -> None:
        for violation in judge(rule, resource, stack):
            if not any(each.covers(violation, self.today) for each in self.exceptions):
                sentence = f"{resource.label} {violation.message}. {rule.reason}"
                report(f"{sentence} Remedy: {rule.remedy}.", resource.urn)

    def _check_exceptions(self, args: StackValidationArgs, report: ReportViolation) -> None:
        try:
            of_stack(self.exceptions, self.name, self._whole(args))
        except ExceptionInputError as error:
            report(str(error), None)
        for each in expired(self.exceptions, self.today):
            report(f"{each.rule} for {each.resource}: expired on {each.expires}", None)


def plain(value: Any) -> Any:
    """What the engine sends, as a recorded plan has it: whole numbers whole, unknowns marked."""
    if isinstance(value, Mapping):
        values: dict[str, Any] = {}
        for key in value:
            try:
                values[str(key)] = plain(value[key])
            except UnknownValueError:
                values[str(key)] = UNKNOWN
        return values
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, index) for index in range(len(value))]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _item(values: Sequence[Any], index: int) -> Any:
    try:
        return plain(values[index])
    except UnknownValueError:
        return UNKNOWN


def _provider(provider: PolicyProviderResource | None) -> Resource | None:
    if provider is None:
        return None
    return Resource(
        urn=provider.urn,
        type=provider.resource_type,
        name=provider.name,
        inputs=plain(provider.props),
    )


def serve() -> None:
    """Answer the engine until it ends the process. Wrong exceptions stop the deployment."""
    config = pulumi.Config(pulumi.get_project())
    size = config.require("size")
    if size not in SIZES:
        raise SystemExit(f"size = {size}: allowed is one of {', '.join(SIZES)}")
    protects = config.get_bool("protectData")
    today = datetime.now(UTC).date()
    try:
        exceptions = read_exceptions(FILE.read_text(encoding="utf-8"), today)
    except ExceptionInputError as error:
        raise SystemExit(str(error)) from error
    name = pulumi.get_stack()
    pack = Pack(
        name=name,
        stack=StackResources(size=size, protects_data=protects is not False),
        exceptions=[each for each in exceptions if each.stack == name],
        today=today,
    )
    PolicyPack(
        "researchflow",
        pack.policies(),
        enforcement_level=EnforcementLevel.MANDATORY,
        description="What a stack that holds patients' data must be, by layer",
    )


if __name__ == "__main__":
    serve()
