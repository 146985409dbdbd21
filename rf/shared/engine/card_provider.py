"""Serves cards to Pulumi's engine: its resource provider protocol, on the embedded AWS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from rf.shared.cards.answers import RequestError, TranslationError
from rf.shared.cards.diff import ChangedInputs, diff
from rf.shared.cards.lifecycle import Created, Inputs, Lifecycle, Standing, Task
from rf.shared.cards.property_changes import ABSENT, PropertyChange
from rf.shared.cards.registry import card_of
from rf.shared.offline.computed import answer, unknown_answer
from rf.shared.offline.invention import ACCOUNT_ID, LOOKUPS, Registration, merged
from rf.shared.offline.monitor import name_of, type_of
from rf.shared.offline.value_rules import mistakes_in_values
from rf.shared.offline.wire import decode_properties, encode_properties
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.emulator import Server
from rf.shared.sandbox.registry import PROVIDER_INPUTS, default_tags_of, tagged, used_up

NAMES = ("name", "bucket", "identifier", "replicationGroupId", "brokerName")
"""Inputs by which a resource has a name of its own: two can't have it at once."""

_KIND = provider_pb2.PropertyDiff


class EmbeddedAccount:
    """The emulated account, for any number of threads at once."""

    def __init__(self, server: Server, region: str) -> None:
        self._server = server
        self._region = region
        self._mine = threading.local()
        self.kept: set[str] = set()
        """URNs of what the emulator only checked, and can't show."""

    @property
    def api(self) -> Api:
        """The API of the thread that asks: clients are its own, and so is what it finds missing."""
        if not hasattr(self._mine, "api"):
            self._mine.api = Api(self._server, self._region)
        return self._mine.api


class CardProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine for the packages whose types have cards here.

    What the emulator lacks is checked against the API's model and then stands in the engine's state
    alone: it is read and deleted there.
    """

    def __init__(self, account: EmbeddedAccount) -> None:
        self._account = account
        self._fails: re.Pattern[str] | None = None
        self._region = ""
        self._default_tags: Mapping[str, str] = {}
        self.configuration: Mapping[str, Any] = {}

    def fail(self, pattern: str) -> None:
        """Refuse creations and changes whose URN has the pattern; none if it is empty."""
        self._fails = re.compile(pattern) if pattern else None

    def is_to_fail(self, urn: str) -> bool:
        """Whether the URN has the pattern."""
        return self._fails is not None and self._fails.search(urn) is not None

    def fail_where_asked(self, urn: str, context: Any) -> None:
        """End the call of such a URN with an error."""
        if self.is_to_fail(urn):
            refuse(context, f"{urn}: fails, as --fail asks")

    # --- the provider itself

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The engine introduces itself."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The version that a provider names where it has none."""
        return plugin_pb2.PluginInfo(version="0.0.0")

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """No schema: the program's SDKs have theirs."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The engine says where it is; nothing is asked of it."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Calls are short."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Arguments of a provider, as they are."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """No argument makes a provider anew."""
        return provider_pb2.DiffResponse(changes=_DIFF.DIFF_UNKNOWN)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Region and default tags count."""
        arguments = decode_properties(request.args)
        if "region" in arguments:
            self._region = str(arguments["region"])
            self._default_tags = default_tags_of(arguments)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """A lookup that needs no cloud; every other is refused."""
        lookup = LOOKUPS.get(request.tok)
        if lookup is None:
            refuse(context, f"{request.tok} is not a lookup that the embedded account answers")
        answered = provider_pb2.InvokeResponse()
        # The field's name is a keyword of Python.
        getattr(answered, "return").CopyFrom(encode_properties(lookup()))
        return answered

    # --- resources

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Inputs as they are, and those whose value or key is none of a closed set."""
        inputs = decode_properties(request.news)
        answer = provider_pb2.CheckResponse(inputs=request.news)
        for mistake in mistakes_in_values(type_of(request.urn), inputs):
            answer.failures.add(reason=mistake)
        return answer

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What differs, by the card's rules of change."""
        old, new = decode_properties(request.old_inputs), decode_properties(request.news)
        changes = self._difference(request.urn, old, new, request.ignoreChanges)
        return provider_pb2.DiffResponse(
            changes=_DIFF.DIFF_SOME if changes.changed else _DIFF.DIFF_NONE,
            replaces=sorted({_root(change) for change in changes.replaces}),
            diffs=sorted({_root(change) for change in changes.changed}),
            deleteBeforeReplace=bool(changes.replaces) and _keeps_its_name(old, new),
            detailedDiff=dict(_detailed(changes)),
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make a resource; in a preview, say what is known of it beforehand."""
        registration = self._registration(request.urn, decode_properties(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=encode_properties(unknown_answer(registration))
            )
        self.fail_where_asked(request.urn, context)
        resource_id, outputs = answer(registration)
        created = self._made(registration, outputs, context)
        if created is not None:
            resource_id, outputs = created.id, merged(outputs, created.outputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=_wire(outputs))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The state with what the API shows of it; no id where the resource is gone."""
        state, inputs = decode_properties(request.properties), decode_properties(request.inputs)
        lifecycle = _lifecycle(request.urn)
        if lifecycle is None or request.urn in self._account.kept:
            return provider_pb2.ReadResponse(
                id=request.id, properties=request.properties, inputs=request.inputs
            )
        registration = self._registration(request.urn, inputs)
        standing = self._standing(request.id, inputs, state)
        try:
            reading = lifecycle.read(self._task(registration, state), standing)
        except (RequestError, TranslationError, KeyError) as error:
            refuse(context, f"{request.urn}: {error}")
        if reading is None:
            return provider_pb2.ReadResponse()
        shown = {
            key: value
            for key, value in reading.shown.items()
            if key in state and key not in reading.untold
        }
        read_inputs = {key: shown.get(key, value) for key, value in inputs.items() if key != "tags"}
        kept_inputs = {key: value for key, value in inputs.items() if key == "tags"}
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=_wire({**state, **{k: v for k, v in shown.items() if k != "tags"}}),
            inputs=_wire({**read_inputs, **kept_inputs}),
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change a resource in place."""
        old, new = decode_properties(request.old_inputs), decode_properties(request.news)
        state = decode_properties(request.olds)
        registration = self._registration(request.urn, new)
        if request.preview:
            known = {**state, **unknown_answer(registration)}
            return provider_pb2.UpdateResponse(properties=_wire(known))
        self.fail_where_asked(request.urn, context)
        changes = self._difference(request.urn, old, new, request.ignoreChanges)
        if changes.refused:
            paths = ", ".join(change.path for change in changes.refused)
            refuse(context, f"{request.urn}: AWS refuses to change {paths} so")
        outputs = merged(state, new)
        lifecycle = _lifecycle(request.urn)
        if lifecycle is not None and changes.changed:
            made_from = tagged(old, state, self._default_tags)
            standing = self._standing(request.id, made_from, state)
            outputs = merged(outputs, self._updated(registration, standing, lifecycle, context))
        gone = [key for key in outputs if key in old and key not in new]
        return provider_pb2.UpdateResponse(
            properties=_wire({key: value for key, value in outputs.items() if key not in gone})
        )

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take a resource away."""
        inputs, state = decode_properties(request.old_inputs), decode_properties(request.properties)
        lifecycle = _lifecycle(request.urn)
        if lifecycle is not None and request.urn not in self._account.kept:
            registration = self._registration(request.urn, inputs)
            standing = self._standing(request.id, inputs, state)
            try:
                lifecycle.delete(self._task(registration, state), standing)
            except (RequestError, TranslationError, KeyError) as error:
                refuse(context, f"{request.urn}: {error}")
        self._account.kept.discard(request.urn)
        return empty_pb2.Empty()

    # --- ways there

    def _made(
        self, registration: Registration, outputs: Mapping[str, Any], context: Any
    ) -> Created | None:
        lifecycle = _lifecycle(registration.urn)
        if lifecycle is None:
            return None
        task = self._task(registration, outputs)
        return self._noted(
            registration, outputs, context, lambda inputs: lifecycle.create(task, inputs)
        )

    def _updated(
        self, registration: Registration, standing: Standing, lifecycle: Lifecycle, context: Any
    ) -> Mapping[str, Any]:
        state = standing.outputs
        task = self._task(registration, state)
        updated = self._noted(
            registration, state, context, lambda inputs: lifecycle.update(task, standing, inputs)
        )
        return updated.outputs if updated.outputs is not state else {}

    def _noted(
        self,
        registration: Registration,
        outputs: Mapping[str, Any],
        context: Any,
        act: Callable[[Inputs], Created],
    ) -> Created:
        """What the act came to; remembered where the emulator only checked a part of it."""
        missing = dict(self._account.api.missing)
        given = tagged(registration.inputs, outputs, self._default_tags)
        try:
            with used_up(registration.token, given) as inputs:
                created = act(inputs)
        except (RequestError, TranslationError) as error:
            refuse(context, f"{registration.urn}: {error}")
        except KeyError as error:
            refuse(context, f"{registration.urn}: the answer lacks {error}")
        if self._account.api.missing != missing:
            self._account.kept.add(registration.urn)
        return created

    def _difference(
        self, urn: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Any
    ) -> ChangedInputs:
        return diff(type_of(urn), old, new, ignored=tuple(ignored), provider=self.configuration)

    def _registration(self, urn: str, inputs: Mapping[str, Any]) -> Registration:
        return Registration(
            urn=urn,
            origin=urn,
            token=type_of(urn),
            name=name_of(urn),
            inputs=inputs,
            region=self._region,
        )

    def _task(self, registration: Registration, outputs: Mapping[str, Any]) -> Task:
        return Task(
            api=self._account.api,
            urn=registration.urn,
            name=registration.name,
            region=registration.where,
            account_id=ACCOUNT_ID,
            invented=outputs,
        )

    def _standing(
        self, resource_id: str, inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Standing:
        given = {key: value for key, value in inputs.items() if key not in PROVIDER_INPUTS}
        return Standing(id=resource_id, inputs=given, outputs=state)


_DIFF = provider_pb2.DiffResponse

_ANEW = {
    _KIND.ADD: _KIND.ADD_REPLACE,
    _KIND.DELETE: _KIND.DELETE_REPLACE,
    _KIND.UPDATE: _KIND.UPDATE_REPLACE,
}
"""What the protocol calls a change of a property that makes the resource anew."""


def refuse(context: Any, message: str) -> NoReturn:
    """End a call with an error of these words."""
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort raises by itself


def _lifecycle(urn: str) -> Lifecycle | None:
    card = card_of(type_of(urn))
    return card.lifecycle if card and isinstance(card.lifecycle, Lifecycle) else None


def _wire(outputs: Mapping[str, Any]) -> Any:
    return encode_properties({key: item for key, item in outputs.items() if item is not None})


def _root(change: PropertyChange) -> str:
    return re.split(r"[.\[]", change.path, maxsplit=1)[0]


def _keeps_its_name(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the program names the resource, and names it as before: the old one must go first."""
    return any(new.get(key) is not None and old.get(key) == new.get(key) for key in NAMES)


def _detailed(changes: ChangedInputs) -> Any:
    for change in changes.changed:
        kind = _KIND.UPDATE
        if change.old == ABSENT:
            kind = _KIND.ADD
        elif change.new == ABSENT:
            kind = _KIND.DELETE
        replaces = change in changes.replaces
        yield change.path, _KIND(kind=_ANEW[kind] if replaces else kind, inputDiff=True)
