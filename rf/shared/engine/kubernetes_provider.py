"""Pulumi's own Kubernetes provider between the engine and an API server of this machine.

Its code answers, but it is led elsewhere: the kubeconfig of the program's provider is exchanged on
the way for the server's, and objects carry, on the way alone, the provider's marks for not waiting
until they are ready, or gone, for nothing runs here that makes them so. A Helm release needs a
cluster that pulls charts: it stands in the engine's state alone, and its namespace on the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rf.kubernetes.core import NAMESPACE
from rf.kubernetes.helm import RELEASE
from rf.shared.cluster.objects import ClusterClient
from rf.shared.engine.card_provider import CardProvider
from rf.shared.offline.monitor import type_of
from rf.shared.offline.wire import decode_properties

ON_THE_WAY = {
    "pulumi.com/skipAwait": "true",
    "pulumi.com/deletionPropagationPolicy": "background",
}
"""The provider's annotations for an object that is not waited for, and whose deletion waits for no
garbage collector, of which there is none (pulumi-kubernetes, pkg/metadata/annotations.go)."""

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
        self, address: str, kubeconfig: Path, cluster: ClusterClient, cards: CardProvider
    ) -> None:
        channel = grpc.insecure_channel(address, options=LARGE_MESSAGES)
        self._provider = provider_pb2_grpc.ResourceProviderStub(channel)
        self._kubeconfig = kubeconfig.read_text(encoding="utf-8")
        self._cluster = cluster
        self._cards = cards

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
        """What differs, by the provider's own code."""
        if _is_release(request.urn):
            return self._cards.Diff(request, context)
        return _passed(self._provider.Diff, request, context)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make an object, and don't wait for it."""
        if _is_release(request.urn):
            if not request.preview:
                self._make_namespace(decode_properties(request.properties))
            return self._cards.Create(request, context)
        if not request.preview:
            self._cards.fail_where_asked(request.urn, context)
        sent = _marked(request, "properties")
        answer = _passed(self._provider.Create, sent, context)
        _unmark(answer.properties)
        return answer

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look an object up."""
        if _is_release(request.urn):
            return self._cards.Read(request, context)
        sent = _marked(request, "properties", "inputs")
        answer = _passed(self._provider.Read, sent, context)
        _unmark(answer.properties)
        _unmark(answer.inputs)
        return answer

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change an object, and don't wait for it."""
        if _is_release(request.urn):
            return self._cards.Update(request, context)
        if not request.preview:
            self._cards.fail_where_asked(request.urn, context)
        sent = _marked(request, "olds", "news", "old_inputs")
        answer = _passed(self._provider.Update, sent, context)
        _unmark(answer.properties)
        return answer

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take an object away, and don't wait for it. What a namespace holds went before it."""
        if _is_release(request.urn):
            return self._cards.Delete(request, context)
        if type_of(request.urn) == NAMESPACE:
            self._cluster.end_namespace(request.id)
            return empty_pb2.Empty()
        sent = _marked(request, "properties", "old_inputs")
        return _passed(self._provider.Delete, sent, context)

    def _make_namespace(self, release: Mapping[str, Any]) -> None:
        """The namespace that Helm makes where a release asks for it."""
        if release.get("createNamespace"):
            name = release["namespace"]
            self._cluster.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            )


def _passed(method: Any, request: Any, context: Any) -> Any:
    try:
        return method(request)
    except grpc.RpcError as error:
        # What an RPC of the library raises is also the call, which tells its status.
        call: Any = error
        context.abort(call.code(), call.details())
        raise


def _is_release(urn: str) -> bool:
    return type_of(urn) == RELEASE


def _objects(properties: struct_pb2.Struct) -> Iterator[struct_pb2.Struct]:
    """The object itself, and what the provider remembers of it in its state."""
    if "metadata" in properties.fields:
        yield properties
    for key in ("__inputs", "__initialApiVersion"):
        if key in properties.fields and "metadata" in properties.fields[key].struct_value.fields:
            yield properties.fields[key].struct_value


def _marked(request: Any, *names: str) -> Any:
    """A copy of the request, the objects under these names with the provider's marks."""
    sent = type(request)()
    sent.CopyFrom(request)
    for name in names:
        for each in _objects(getattr(sent, name)):
            metadata = each.fields["metadata"].struct_value
            for key, value in ON_THE_WAY.items():
                metadata.fields["annotations"].struct_value.fields[key].string_value = value
    return sent


def _unmark(properties: struct_pb2.Struct) -> None:
    for each in _objects(properties):
        metadata = each.fields["metadata"].struct_value
        if "annotations" not in metadata.fields:
            continue
        annotations = metadata.fields["annotations"].struct_value
        for key in ON_THE_WAY:
            annotations.fields.pop(key, None)
        if not annotations.fields:
            del metadata.fields["annotations"]
