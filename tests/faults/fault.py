"""A fault: one thing made wrong in a recorded plan or in the settings, and who must catch it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

# The offline rules know the types of the SDKs that are loaded; a kept plan loads none.
import pulumi_aws  # noqa: F401
import pulumi_kubernetes  # noqa: F401
import pulumi_random  # noqa: F401
import pulumi_tls  # noqa: F401

from policy.rules import BY_ID
from policy.rules.shared.rule import StackResources, judge
from rf.grow.classify import Kind, step_between
from rf.policy.stack import resources_of, stack_of
from rf.shared.offline.rules import check
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.plan_document import PlanDocument, document_of
from rf.shared.stacks import settings_of
from scaleplan.capacity.checks import capacity_report
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.load import load_named
from scaleplan.model import load_plan
from tests.faults.change import Change, changed

Planned = Callable[..., RecordedPlan]


class Bench:
    """Plans without faults, each read once, and what the rules say of them."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._plans: dict[tuple[str, tuple[str, ...]], RecordedPlan] = {}
        self._seen: dict[tuple[str, tuple[str, ...]], StackResources] = {}
        self._clean: dict[tuple[str, str, tuple[str, ...]], bool] = {}
        self._documents: dict[str, PlanDocument] = {}

    def plan(self, stack: str, overrides: tuple[str, ...] = ()) -> RecordedPlan:
        """The plan of a stack."""
        key = (stack, overrides)
        if key not in self._plans:
            options = {"overrides": overrides} if overrides else {}
            self._plans[key] = self._planned(stack, **options)
        return self._plans[key]

    def seen(self, stack: str, overrides: tuple[str, ...] = ()) -> StackResources:
        """The plan as the policy pack sees it."""
        key = (stack, overrides)
        if key not in self._seen:
            protects = settings_of(stack, overrides=overrides).protect_data
            self._seen[key] = stack_of(self.plan(stack, overrides), protects_data=protects)
        return self._seen[key]

    def clean(self, rule: str, stack: str, overrides: tuple[str, ...] = ()) -> bool:
        """Whether the rule has nothing against the plan."""
        key = (rule, stack, overrides)
        if key not in self._clean:
            self._clean[key] = not broken(rule, self.seen(stack, overrides))
        return self._clean[key]

    def document(self, stack: str) -> PlanDocument:
        """The plan as another revision reads it."""
        if stack not in self._documents:
            self._documents[stack] = document_of(self.plan(stack))
        return self._documents[stack]

    def with_resource(
        self, stack: str, target: RecordedResource, faulty: RecordedResource | None
    ) -> RecordedPlan:
        """The plan of a stack with one resource exchanged or gone."""
        plan = self.plan(stack)
        resources = [faulty if each is target else each for each in plan.resources]
        return replace(plan, resources=tuple(each for each in resources if each is not None))


def broken(rule: str, stack: StackResources) -> bool:
    """Whether a rule of the policy pack speaks against a stack."""
    return any(
        True for each in BY_ID[rule].subjects(stack) for _ in judge(BY_ID[rule], each, stack)
    )


@dataclass(frozen=True, kw_only=True)
class PlanFault:
    """A resource changed or taken out of a stack's plan.

    `on` is `TYPE::NAME`; a rule of the policy pack must catch it, and did not before. `drop` takes
    the resource away, `bare` its protect, `provider` gives it another one, `retype` makes another
    type of it. `wired` is an input and `TYPE::NAME` of the one resource that it comes from then; of
    none where that is empty. `also` are other rules that it breaks: some
    faults are wrong in more than one way.
    """

    name: str
    caught_by: str
    on: str
    change: Change | None = None
    drop: bool = False
    bare: bool = False
    provider: bool = False
    retype: str = ""
    wired: tuple[str, str] | None = None
    also: tuple[str, ...] = ()
    stack: str = "prod"
    overrides: tuple[str, ...] = ()

    def target_and_faulty(
        self, plan: RecordedPlan
    ) -> tuple[RecordedResource, RecordedResource | None]:
        """The resource as it is and with the fault. Fails where the fault changes nothing."""
        token, _, name = self.on.partition("::")
        target = plan.named(token, name)
        faulty = self._with_fault(target, plan)
        assert faulty != target, f"{self.name} changes nothing"
        return target, faulty

    def _with_fault(self, target: RecordedResource, plan: RecordedPlan) -> RecordedResource | None:
        if self.drop:
            return None
        faulty = replace(target, inputs=changed(reveal(target.inputs), self.change))
        if self.wired:
            key, source = self.wired
            token, _, name = source.partition("::")
            urns = (plan.named(token, name).urn,) if source else ()
            faulty = replace(
                faulty, property_dependencies={**target.property_dependencies, key: urns}
            )
        if self.bare:
            faulty = replace(faulty, protect=False)
        if self.retype:
            faulty = replace(faulty, type=self.retype)
        if self.provider:
            faulty = replace(faulty, provider="")
        return faulty

    def planted(self, bench: Bench) -> StackResources:
        """The stack with the fault, as the policy pack sees it."""
        seen = bench.seen(self.stack, self.overrides)
        plan = bench.plan(self.stack, self.overrides)
        target, faulty = self.target_and_faulty(plan)
        others = tuple(each for each in seen.resources if each.urn != target.urn)
        providers = [each for each in plan.resources if _provides(each)]
        planted = [] if faulty is None else list(resources_of([*providers, faulty]))[-1:]
        return replace(seen, resources=(*others, *planted))

    def breaks(self, bench: Bench) -> set[str]:
        """Every rule that speaks against the stack with the fault.

        Of others than the planted resource only those are asked that look at several at once: the
        rest have nothing against the stack.
        """
        stack, faulty = self.planted(bench), self.on.partition("::")[2]
        return {
            rule.id
            for rule in BY_ID.values()
            for each in rule.subjects(stack)
            if rule.whole_stack or each.name == faulty
            for _ in judge(rule, each, stack)
        }

    def messages(self, bench: Bench) -> list[str]:
        """What the named rule says of the stack with the fault."""
        rule, stack = BY_ID[self.caught_by.removeprefix("policy: ")], self.planted(bench)
        return [
            violation.message
            for each in rule.subjects(stack)
            for violation in judge(rule, each, stack)
        ]

    def caught(self, bench: Bench) -> bool:
        """Whether the named rule is silent before the fault, and speaks after it."""
        rule = self.caught_by.removeprefix("policy: ")
        return bench.clean(rule, self.stack, self.overrides) and broken(rule, self.planted(bench))


def _provides(resource: RecordedResource) -> bool:
    return resource.type.startswith("pulumi:providers:")


@dataclass(frozen=True, kw_only=True)
class StackFileFault:
    """A stack's own facts made wrong, as the policy pack reads them, with the plan as it is."""

    name: str
    caught_by: str
    stack: str
    protects_data: bool

    def caught(self, bench: Bench) -> bool:
        """Whether the rule speaks with the fact as planted, and not without."""
        rule = self.caught_by.removeprefix("policy: ")
        wrong = replace(bench.seen(self.stack), protects_data=self.protects_data)
        return bench.clean(rule, self.stack) and broken(rule, wrong)


@dataclass(frozen=True, kw_only=True)
class ConfigFault:
    """A config that the settings take and its load allows, against which a rule must speak."""

    name: str
    caught_by: str
    overrides: tuple[str, ...]
    stack: str = "staging"

    def caught(self, bench: Bench) -> bool:
        """Whether the rule speaks with the config, and not without."""
        rule = self.caught_by.removeprefix("policy: ")
        return bench.clean(rule, self.stack) and not bench.clean(rule, self.stack, self.overrides)


@dataclass(frozen=True, kw_only=True)
class SettingsFault:
    """A config value that must be refused before anything is planned, naming `key`."""

    name: str
    key: str
    override: str
    stack: str = "prod"

    @property
    def caught_by(self) -> str:
        """Who must refuse it."""
        return f"settings: {self.key}"

    def caught(self, _: Bench) -> bool:
        """Whether parsing the stack's config refuses that key."""
        settings_of(self.stack)
        try:
            settings_of(self.stack, overrides=[self.override])
        except InvalidSettings as error:
            return any(self.key in mistake.key for mistake in error.mistakes)
        return False


@dataclass(frozen=True, kw_only=True)
class CapacityFault:
    """A config that is valid and doesn't carry the stack's load."""

    name: str
    check: str
    overrides: tuple[str, ...]
    stack: str = "staging"
    load: str | None = None

    @property
    def caught_by(self) -> str:
        """Who must fail."""
        return f"capacity: {self.check}"

    def caught(self, _: Bench) -> bool:
        """Whether the check passes before, and fails after."""
        return self.check not in self._failing(()) and self.check in self._failing(self.overrides)

    def _failing(self, overrides: Sequence[str]) -> set[str]:
        settings = settings_of(self.stack, overrides=overrides)
        load = load_named(self.load, settings.load, load_plan(), settings.size)
        report = capacity_report(settings, load)
        return {str(each.name) for each in report.results if not each.passes}


@dataclass(frozen=True, kw_only=True)
class GrowthFault:
    """A change between two revisions that endangers data or the way to it."""

    name: str
    on: str
    becomes: Kind
    change: Change | None = None
    drop: bool = False
    bare: bool = False
    stack: str = "prod"

    @property
    def caught_by(self) -> str:
        """Who must speak against it."""
        return f"growth: {self.becomes}" if not self.bare else "growth: protection lost"

    def caught(self, bench: Bench) -> bool:
        """Whether the step is classed as said, and is not called safe."""
        plan, before = bench.plan(self.stack), bench.document(self.stack)
        fault = PlanFault(
            name=self.name,
            caught_by="",
            on=self.on,
            change=self.change,
            drop=self.drop,
            bare=self.bare,
        )
        target, faulty = fault.target_and_faulty(plan)
        resources = {urn: each for urn, each in before.resources.items() if urn != target.urn}
        if faulty is not None:
            resources |= document_of(replace(plan, resources=(faulty,))).resources
        step = step_between(before, replace(before, resources=resources))
        kinds = {change.kind for change in step.changes if change.urn == target.urn}
        return not step.safe and (self.bare or self.becomes in kinds)


@dataclass(frozen=True, kw_only=True)
class ShapeFault:
    """Something that no provider or API server would take; the offline plan must refuse it."""

    name: str
    rule: str
    on: str
    change: Change
    stack: str = "prod"

    @property
    def caught_by(self) -> str:
        """The offline plan's rule."""
        return f"offline plan: {self.rule}"

    def caught(self, bench: Bench) -> bool:
        """Whether the resource passes before, and breaks that rule after."""
        plan = bench.plan(self.stack)
        fault = PlanFault(name=self.name, caught_by="", on=self.on, change=self.change)
        target, faulty = fault.target_and_faulty(plan)
        providers = [each for each in plan.resources if _provides(each)]
        after = check([*providers, faulty]) if faulty is not None else []
        return not check([*providers, target]) and self.rule in {str(e.rule) for e in after}


Fault = (
    PlanFault
    | StackFileFault
    | ConfigFault
    | SettingsFault
    | CapacityFault
    | GrowthFault
    | ShapeFault
)


def breaks(
    rule: str,
    name: str,
    on: str,
    change: Change | None = None,
    *,
    drop: bool = False,
    bare: bool = False,
    wired: tuple[str, str] | None = None,
    also: tuple[str, ...] = (),
    stack: str = "prod",
    overrides: tuple[str, ...] = (),
) -> PlanFault:
    """A fault that a rule of the policy pack must catch."""
    return PlanFault(
        name=name,
        caught_by=f"policy: {rule}",
        on=on,
        change=change,
        drop=drop,
        bare=bare,
        wired=wired,
        also=also,
        stack=stack,
        overrides=overrides,
    )
