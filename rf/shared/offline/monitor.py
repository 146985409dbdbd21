"""The recorder behind the SDK: takes a program's raw registrations and answers as AWS would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from google.protobuf import empty_pb2
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from rf.local.pulumi import AWS_PROVIDER, PROVIDER, STACK_REFERENCE
from rf.shared.offline.computed import answer, unknown_answer
from rf.shared.offline.invention import LOOKUPS, LookupRefusedError, Registration, merged
from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.offline.wire import decode_properties, encode_properties
from rf.shared.plan import UNKNOWN, RecordedResource, References, Secret
from rf.shared.termination import stop_if_asked

RegisterRequest = resource_pb2.RegisterResourceRequest

Deploy = Callable[[Registration, Mapping[str, Any]], tuple[str, Mapping[str, Any]] | None]
"""Creates what is registered, given its invented outputs; its real id and outputs, or None."""


ROOT_TYPE = "pulumi:pulumi:Stack"


def urn_of(stack: str, project: str, parent: str, token: str, name: str) -> str:
    """URN of a resource, as the engine makes it: with the types of all of its parents.

    Children of the stack itself carry their own type only.
    """
    chain = qualified_type(parent) if parent else ROOT_TYPE
    full = token if chain == ROOT_TYPE else f"{chain}${token}"
    return f"urn:pulumi:{stack}::{project}::{full}::{name}"


def qualified_type(urn: str) -> str:
    """`a:b:C$d:e:F` of a URN."""
    return urn.split("::")[2]


def type_of(urn: str) -> str:
    """The resource's own type, without those of its parents."""
    return qualified_type(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """The logical name, which ends a URN and may itself hold `::`."""
    return urn.split("::", 3)[3]


class RecordingMonitor(MockMonitor):
    """Records every registration whole. Refusals are collected, so that a run shows all of them."""

    def __init__(
        self,
        project: str,
        stack: str,
        *,
        unknowns: bool,
        deploy: Deploy | None = None,
        references: References | None = None,
    ) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type]  # every method that asks them is ours
        self.project = project
        self.stack = stack
        self.unknowns = unknowns
        self.deploy = deploy
        self.references = references or {}
        self.recorded: dict[str, RecordedResource] = {}
        self.violations: list[OfflineViolation] = []
        self.outputs: Mapping[str, Any] = {}
        self.regions: dict[str, str] = {}
        self._unconfigured: set[str] = set()

    def RegisterResource(self, request: RegisterRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        """Record a resource and answer with its id and outputs."""
        stop_if_asked()
        if request.type == ROOT_TYPE:
            urn = urn_of(self.stack, self.project, "", request.type, request.name)
            return resource_pb2.RegisterResourceResponse(urn=urn)
        parent = "" if qualified_type(request.parent) == ROOT_TYPE else request.parent
        urn = urn_of(self.stack, self.project, parent, request.type, request.name)
        if urn in self.recorded:
            self._refuse(
                urn, OfflineRule.DUPLICATE_URN, "is registered twice; name or parent must differ"
            )
        if request.remote:
            self._refuse(
                urn, OfflineRule.UNKNOWN_TYPE, "is a component of a plugin, unknown offline"
            )
        inputs = decode_properties(request.object)
        aliases = self._aliases(request, parent, self.recorded.get(parent))
        resource_id, outputs = self._answer(urn, aliases, request, inputs)
        resource = self._record(
            urn,
            parent,
            request,
            aliases=aliases,
            inputs=inputs,
            resource_id=resource_id,
            outputs=outputs,
        )
        self.recorded.setdefault(urn, resource)
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id="" if resource_id == UNKNOWN else resource_id,
            object=encode_properties(outputs),
        )

    def _answer(
        self,
        urn: str,
        aliases: Sequence[str],
        request: RegisterRequest,
        inputs: Mapping[str, Any],
    ) -> tuple[str, Mapping[str, Any]]:
        if not request.custom:
            return "", inputs
        provider = request.provider.rsplit("::", 1)[0]
        registration = Registration(
            urn=urn,
            origin=_origin(urn, aliases),
            token=request.type,
            name=request.name,
            inputs=inputs,
            region=self.regions.get(provider),
        )
        if request.type == AWS_PROVIDER:
            self.regions[urn] = str(inputs.get("region", ""))
        if self.unknowns:
            return UNKNOWN, self._unknown_answer(registration, provider)
        resource_id, outputs = answer(registration)
        real = self.deploy(registration, outputs) if self.deploy else None
        if real is not None:
            resource_id, outputs = real[0], merged(outputs, real[1])
        secret = {
            key: value if isinstance(value, Secret) else Secret(value)
            for key, value in outputs.items()
            if key in request.additionalSecretOutputs and value is not None
        }
        return resource_id, {**outputs, **secret}

    def _unknown_answer(self, registration: Registration, provider: str) -> Mapping[str, Any]:
        """Nothing is known of what a provider makes whose own arguments aren't known: the engine
        does not ask it (pulumi, `plugin.provider.Create`), as in the cluster that a plan makes."""
        if registration.token.startswith(PROVIDER) and _holds_unknown(registration.inputs):
            self._unconfigured.add(registration.urn)
        return {} if provider in self._unconfigured else unknown_answer(registration)

    def _record(
        self,
        urn: str,
        parent: str,
        request: RegisterRequest,
        *,
        aliases: tuple[str, ...],
        inputs: Mapping[str, Any],
        resource_id: str,
        outputs: Mapping[str, Any],
    ) -> RecordedResource:
        above = self.recorded.get(parent)
        protect = request.protect if request.HasField("protect") else bool(above and above.protect)
        retain = (
            request.retainOnDelete
            if request.HasField("retainOnDelete")
            else bool(above and above.retain_on_delete)
        )
        return RecordedResource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=parent,
            custom=request.custom,
            provider=_provider(request.provider),
            inputs=inputs,
            dependencies=tuple(sorted(set(request.dependencies))),
            property_dependencies={
                key: tuple(sorted(set(value.urns)))
                for key, value in sorted(request.propertyDependencies.items())
            },
            protect=protect,
            retain_on_delete=retain,
            ignore_changes=tuple(request.ignoreChanges),
            aliases=aliases,
            resource_id=resource_id,
            outputs=outputs,
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace,
        )

    def _aliases(
        self, request: RegisterRequest, parent: str, above: RecordedResource | None
    ) -> tuple[str, ...]:
        """Own aliases as URNs, and those that follow from the parent's, as the engine adds them."""
        own = [self._alias(alias, request, parent) for alias in request.aliases]
        inherited = [
            urn_of(self.stack, self.project, alias, request.type, name)
            for alias in (above.aliases if above else ())
            for name in [_renamed(request.name, name_of(parent), name_of(alias))]
        ]
        urn = urn_of(self.stack, self.project, parent, request.type, request.name)
        return tuple(alias for alias in dict.fromkeys([*own, *inherited]) if alias != urn)

    def _alias(self, alias: alias_pb2.Alias, request: RegisterRequest, parent: str) -> str:
        if alias.urn:
            return alias.urn
        spec = alias.spec
        parent = "" if spec.noParent else spec.parentUrn or parent
        return urn_of(
            spec.stack or self.stack,
            spec.project or self.project,
            parent,
            spec.type or request.type,
            spec.name or request.name,
        )

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keep the stack's outputs; a component's are the program's own business."""
        if qualified_type(request.urn) == ROOT_TYPE:
            self.outputs = decode_properties(request.outputs)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a lookup of the registry. Raises LookupRefusedError for every other one."""
        lookup = LOOKUPS.get(request.tok)
        if lookup is None:
            self._refuse_lookup(f"{request.tok} is not a lookup the offline plan can answer")
        if not request.provider:
            where = f"urn:pulumi:{self.stack}::{self.project}::lookup::{request.tok}"
            self._refuse(where, OfflineRule.NO_PROVIDER, "is called without an explicit provider")
        answered = lookup()
        response = resource_pb2.ResourceInvokeResponse()
        # The field's name is a keyword of Python.
        getattr(response, "return").CopyFrom(encode_properties(answered))
        return response

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:  # noqa: N802
        """Refuse: a method of a resource runs in its plugin."""
        self._refuse_lookup(f"method {request.tok} runs in a plugin, which an offline plan has not")

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer a reference to a stack whose outputs are known, and refuse every other read: the
        state of an existing resource is known only to its cloud."""
        if request.type != STACK_REFERENCE:
            self._refuse_lookup(
                f"{request.type} {request.name}: get() reads what exists in a cloud"
            )
        stack = request.id.rsplit("/", 1)[-1]
        outputs = self.references.get(stack)
        if outputs is None:
            self._refuse_lookup(
                f"{request.type} {request.id}: no outputs of such a stack are known"
            )
        parent = "" if qualified_type(request.parent) == ROOT_TYPE else request.parent
        urn = urn_of(self.stack, self.project, parent, request.type, request.name)
        answered = {
            "name": request.id,
            "outputs": dict(outputs),
            "secretOutputNames": sorted(k for k, v in outputs.items() if isinstance(v, Secret)),
        }
        self.recorded[urn] = _referenced(urn, parent, request, answered)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=encode_properties(answered))

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest) -> NoReturn:  # noqa: N802
        """Refuse, as for `get`."""
        self._refuse_lookup(f"{request.type} {request.id}: asks whether it exists in a cloud")

    def _refuse_lookup(self, message: str) -> NoReturn:
        where = f"urn:pulumi:{self.stack}::{self.project}::lookup::{message.split(' ', 1)[0]}"
        self._refuse(where, OfflineRule.UNKNOWN_LOOKUP, message)
        raise LookupRefusedError(message)

    def _refuse(self, urn: str, rule: OfflineRule, message: str) -> None:
        self.violations.append(OfflineViolation(urn, rule, message))


class RecordingEngine:
    """Where the SDK logs. An error logged by a program fails a real deployment, so it is kept."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802
        """Keep warnings and errors."""
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        elif request.severity == engine_pb2.WARNING:
            self.warnings.append(request.message)


def _referenced(
    urn: str,
    parent: str,
    request: resource_pb2.ReadResourceRequest,
    outputs: Mapping[str, Any],
) -> RecordedResource:
    """Another stack, as something that the plan reads and doesn't make."""
    return RecordedResource(
        urn=urn,
        type=request.type,
        name=request.name,
        parent=parent,
        custom=True,
        provider="",
        inputs={"name": request.id},
        dependencies=tuple(sorted(set(request.dependencies))),
        property_dependencies={},
        protect=False,
        retain_on_delete=False,
        ignore_changes=(),
        aliases=(),
        resource_id=request.id,
        outputs=outputs,
    )


def _provider(reference: str) -> str:
    """The provider's `urn::id` as the engine receives it, its id `[unknown]` when it is."""
    urn, separator, provider_id = reference.rpartition("::")
    known = provider_id != "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    return reference if known else f"{urn}{separator}{UNKNOWN}"


def _holds_unknown(value: Any) -> bool:
    match value:
        case Secret():
            return _holds_unknown(value.value)
        case Mapping():
            return any(map(_holds_unknown, value.values()))
        case list():
            return any(map(_holds_unknown, value))
        case _:
            return value == UNKNOWN


def _renamed(child: str, parent: str, old_parent: str) -> str:
    """A child's earlier name: it follows its parent's when it begins with it (engine rule)."""
    return f"{old_parent}{child[len(parent) :]}" if child.startswith(parent) else child


def _origin(urn: str, aliases: Sequence[str]) -> str:
    """Where a resource was made: one that moved keeps the names that it was given there.

    An alias of another type is the SDK's, for providers of long ago.
    """
    token = type_of(urn)
    moved = (alias for alias in aliases if type_of(alias) == token)
    return next(moved, urn)
