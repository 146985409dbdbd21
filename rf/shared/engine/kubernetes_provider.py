"""Pulumi's own Kubernetes provider between the engine and an API server of this machine.

Its code answers, but it is led elsewhere: the kubeconfig of the program's provider is exchanged on
the way for the server's. Where nothing runs that makes objects ready, or gone, they carry, on the
way alone, the provider's marks for not waiting. A Helm release needs a cluster that pulls charts:
it stands in the engine's state alone, its namespace on the server, and its pods where a cluster
plays them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rf.kubernetes.core import NAMESPACE
from rf.kubernetes.helm import RELEASE
from rf.shared.cluster.chart_pods import SHARDED_CLUSTER
from rf.shared.cluster.controllers import HELD
from rf.shared.cluster.objects import ClusterClient, RefusedError
from rf.shared.cluster.played import PlayedCluster, UnreadyReleaseError
from rf.shared.engine.card_provider import CardProvider, refuse
from rf.shared.offline.monitor import type_of
from rf.shared.offline.wire import decode_properties
from rf.shared.plan import reveal


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What an object has on the way, and nowhere in the engine's state: annotations of itself and
    of its pods, and numbers of its `spec`."""

    of_object: Mapping[str, str] = field(default_factory=dict)
    of_pods: Mapping[str, str] = field(default_factory=dict)
    of_spec: Mapping[str, int] = field(default_factory=dict)


REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""The provider's annotation for a Job that is made anew where it has not succeeded."""

UNMARKED = Marks()

NOT_AWAITED = Marks(
    of_object={
        "pulumi.com/skipAwait": "true",
        "pulumi.com/deletionPropagationPolicy": "background",
    }
)
"""Of an object that is not waited for, and whose deletion waits for no garbage collector, of which
there is none (pulumi-kubernetes, pkg/metadata/annotations.go)."""

FAILING = {
    "kubernetes:apps/v1:Deployment": Marks(
        of_object={"pulumi.com/timeoutSeconds": "10"}, of_pods={HELD: "true"}
    ),
    "kubernetes:batch/v1:Job": Marks(
        # The server's own completions, which it leaves out where it is told a parallelism.
        of_spec={"completions": 1, "parallelism": 0, "activeDeadlineSeconds": 1}
    ),
}
"""How those fail that have pods: a Deployment's take their places and get no further, and the
provider gives it up after a shorter time than its own ten minutes (the same file); a Job gets no
pod before its deadline. A later update can take both back: a Job's template could not change."""

_STATUS_DETAILS = "grpc-status-details-bin"
"""Where an error carries what the provider knows of an object that is there and not ready."""

LARGE_MESSAGES = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # An error of the provider travels in the metadata, with all of the object in it.
    ("grpc.max_metadata_size", 4 * 2**20),
    ("grpc.absolute_max_metadata_size", 8 * 2**20),
)


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Hands calls on to the provider at `address`; what is a card's goes to `cards`."""

    def __init__(
        self,
        address: str,
        kubeconfig: Path,
        cluster: ClusterClient,
        cards: CardProvider,
        played: PlayedCluster | None = None,
    ) -> None:
        """`played`: the cluster has controllers, and this makes its charts' pods; else it is an API
        server alone."""
        channel = grpc.insecure_channel(address, options=LARGE_MESSAGES)
        self._provider = provider_pb2_grpc.ResourceProviderStub(channel)
        self._kubeconfig = kubeconfig.read_text(encoding="utf-8")
        self._cluster = cluster
        self._cards = cards
        self._played = played
        self._marks = UNMARKED if played else NOT_AWAITED

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The engine introduces itself."""
        return _passed(self._provider.Handshake, request, context)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The provider's version."""
        return _passed(self._provider.GetPluginInfo, request, context)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The provider's schema."""
        return _passed(self._provider.GetSchema, request, context)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Where the provider finds the engine."""
        return _passed(self._provider.Attach, request, context)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Not handed on: each run of the engine ends with it, and the provider, which outlives the
        run, would refuse every later call."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The provider's arguments."""
        return _passed(self._provider.CheckConfig, request, context)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether other arguments make the provider another one."""
        return _passed(self._provider.DiffConfig, request, context)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The provider's arguments, with the kubeconfig of the server here for the program's, or
        for that of a shell where the program has none."""
        led = provider_pb2.ConfigureRequest()
        led.CopyFrom(request)
        led.args.fields["kubeconfig"].string_value = self._kubeconfig
        led.variables["kubernetes:config:kubeconfig"] = self._kubeconfig
        self._cards.configuration = decode_properties(request.args)
        return _passed(self._provider.Configure, led, context)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refused: the provider's functions pull charts and read files of anywhere."""
        return self._cards.Invoke(request, context)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Inputs, by the provider's own code."""
        if _is_release(request.urn):
            return self._cards.Check(request, context)
        return _passed(self._provider.Check, request, context)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What differs, by the provider's own code. No Job ends where nothing runs it, so none is
        made anew for that."""
        if _is_release(request.urn):
            return self._cards.Diff(request, context)
        if self._played is None:
            request = _without_replacement(request)
        return _passed(self._provider.Diff, request, context)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make an object, and wait for it where something makes it ready."""
        if _is_release(request.urn):
            if not request.preview:
                inputs = decode_properties(request.properties)
                self._make_namespace(inputs)
                self._run_release(request.urn, inputs, context)
            return self._cards.Create(request, context)
        marks = self._marks_or_failure(request, context)
        sent = _marked(request, marks, "properties")
        unmark = partial(_unmark, marks=marks, given=request.properties)
        answer = _passed(self._provider.Create, sent, context, unmark)
        unmark(answer.properties)
        self._operate(request, decode_properties(request.properties))
        return answer

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look an object up."""
        if _is_release(request.urn):
            return self._cards.Read(request, context)
        sent = _marked(request, self._marks, "properties", "inputs")
        unmark = partial(_unmark, marks=self._marks, given=request.inputs)
        answer = _passed(self._provider.Read, sent, context, unmark)
        unmark(answer.properties)
        unmark(answer.inputs)
        return answer

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change an object, and wait for it where something makes it ready."""
        if _is_release(request.urn):
            if not request.preview:
                self._run_release(request.urn, decode_properties(request.news), context)
            return self._cards.Update(request, context)
        marks = self._marks_or_failure(request, context)
        sent = _marked(request, marks, "olds", "news", "old_inputs")
        unmark = partial(_unmark, marks=marks, given=request.news)
        answer = _passed(self._provider.Update, sent, context, unmark)
        unmark(answer.properties)
        self._operate(request, decode_properties(request.news))
        return answer

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take an object away, and wait until it is gone where something takes it away. What a
        namespace holds went before it."""
        resource_type = type_of(request.urn)
        if self._played is not None and resource_type in (RELEASE, SHARDED_CLUSTER):
            self._played.remove(resource_type, reveal(decode_properties(request.old_inputs)))
        if resource_type == RELEASE:
            return self._cards.Delete(request, context)
        if resource_type == NAMESPACE and self._played is None:
            self._cluster.end_namespace(request.id)
            return empty_pb2.Empty()
        sent = _marked(request, self._marks, "properties", "old_inputs")
        return _passed(self._provider.Delete, sent, context)

    def _marks_or_failure(self, request: Any, context: Any) -> Marks:
        """What the object carries on the way. Where it is to fail, the call ends here; but where
        pods are played, it is their pods that fail it."""
        if request.preview or not self._cards.is_to_fail(request.urn):
            return self._marks
        if self._played is not None and type_of(request.urn) in FAILING:
            return FAILING[type_of(request.urn)]
        self._cards.fail_where_asked(request.urn, context)
        return self._marks

    def _run_release(self, urn: str, inputs: Mapping[str, Any], context: Any) -> None:
        """The pods of a chart, waited for as Helm does, where pods are played."""
        if self._played is None or self._cards.is_to_fail(urn):
            return
        release = reveal(inputs)
        try:
            made = self._played.make(RELEASE, release)
            self._played.wait_for(made, release["timeout"], context.is_active)
        except (RefusedError, UnreadyReleaseError) as error:
            refuse(context, f"{urn}: {error}")

    def _operate(self, request: Any, inputs: Mapping[str, Any]) -> None:
        """What an operator makes of its object, which nobody waits for."""
        if self._played is not None and not request.preview:
            self._played.make(type_of(request.urn), reveal(inputs))

    def _make_namespace(self, release: Mapping[str, Any]) -> None:
        """The namespace that Helm makes where a release asks for it."""
        if release.get("createNamespace"):
            name = release["namespace"]
            self._cluster.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            )


def _passed(
    method: Any,
    request: Any,
    context: Any,
    unmark: Callable[[struct_pb2.Struct], None] = lambda _: None,
) -> Any:
    try:
        return method(request)
    except grpc.RpcError as error:
        # What an RPC of the library raises is also the call, which tells its status.
        call: Any = error
        details = dict(call.trailing_metadata() or ()).get(_STATUS_DETAILS)
        if details is not None:
            context.set_trailing_metadata(((_STATUS_DETAILS, _unmarked_details(details, unmark)),))
        context.abort(call.code(), call.details())
        raise


def _unmarked_details(details: bytes, unmark: Callable[[struct_pb2.Struct], None]) -> bytes:
    """The same details of an error, without the marks in the object that they have."""
    status = status_pb2.Status.FromString(details)
    for each in status.details:
        failed = provider_pb2.ErrorResourceInitFailed()
        if each.Unpack(failed):
            unmark(failed.properties)
            unmark(failed.inputs)
            each.Pack(failed)
    return status.SerializeToString()


def _is_release(urn: str) -> bool:
    return type_of(urn) == RELEASE


def _without_replacement(request: Any) -> Any:
    """A copy of the request whose objects don't ask to be made anew where they are not ready."""
    sent = type(request)()
    sent.CopyFrom(request)
    for properties in (sent.olds, sent.news, sent.old_inputs):
        for each in _objects(properties):
            metadata = each.fields["metadata"].struct_value
            if "annotations" in metadata.fields:
                _remove(metadata, [REPLACE_UNREADY])
    return sent


def _remove(metadata: struct_pb2.Struct, keys: Iterable[str]) -> None:
    annotations = metadata.fields["annotations"].struct_value
    for key in keys:
        annotations.fields.pop(key, None)
    if not annotations.fields:
        del metadata.fields["annotations"]


def _objects(properties: struct_pb2.Struct) -> Iterator[struct_pb2.Struct]:
    """The object itself, and what the provider remembers of it in its state."""
    if "metadata" in properties.fields:
        yield properties
    for key in ("__inputs", "__initialApiVersion"):
        if key in properties.fields and "metadata" in properties.fields[key].struct_value.fields:
            yield properties.fields[key].struct_value


def _specs(properties: struct_pb2.Struct) -> Iterator[struct_pb2.Struct]:
    return (
        each.fields["spec"].struct_value for each in _objects(properties) if "spec" in each.fields
    )


def _annotated(
    properties: struct_pb2.Struct, marks: Marks
) -> Iterator[tuple[struct_pb2.Struct, Mapping[str, str]]]:
    """Whose `metadata` the marks are for: the object, and its pods' template if it has one."""
    for each in _objects(properties):
        if marks.of_object:
            yield each, marks.of_object
        if marks.of_pods and "spec" in each.fields:
            spec = each.fields["spec"].struct_value
            yield spec.fields["template"].struct_value, marks.of_pods


def _marked(request: Any, marks: Marks, *names: str) -> Any:
    """A copy of the request, the objects under these names with the marks."""
    sent = type(request)()
    sent.CopyFrom(request)
    for name in names:
        for each, put in _annotated(getattr(sent, name), marks):
            metadata = each.fields["metadata"].struct_value
            for key, value in put.items():
                metadata.fields["annotations"].struct_value.fields[key].string_value = value
        for spec in _specs(getattr(sent, name)):
            for key, number in marks.of_spec.items():
                spec.fields[key].number_value = number
    return sent


def _unmark(properties: struct_pb2.Struct, marks: Marks, given: struct_pb2.Struct) -> None:
    """Take the marks off again; numbers and annotations are as in what was `given`."""
    numbers, annotations = _inside(given, "spec"), _inside(given, "metadata", "annotations")
    for spec in _specs(properties):
        for key in marks.of_spec:
            spec.fields.pop(key, None)
            if key in numbers.fields:
                spec.fields[key].CopyFrom(numbers.fields[key])
    for each, put in _annotated(properties, marks):
        metadata = each.fields["metadata"].struct_value
        if "annotations" in metadata.fields:
            fields = metadata.fields["annotations"].struct_value.fields
            for key in put.keys() & annotations.fields.keys():
                fields[key].CopyFrom(annotations.fields[key])
            _remove(metadata, put.keys() - annotations.fields.keys())


def _inside(struct: struct_pb2.Struct, *keys: str) -> struct_pb2.Struct:
    """What stands there; an empty one where nothing does."""
    for key in keys:
        struct = struct.fields[key].struct_value if key in struct.fields else struct_pb2.Struct()
    return struct
