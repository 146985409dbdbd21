"""A cluster under test: objects are applied to it as the provider does, by server-side apply."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import config
from kubernetes.client import exceptions as client_exceptions
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import (
    ApiException,
    NotFoundError,
    ResourceNotFoundError,
)
from kubernetes.dynamic.resource import Resource
from urllib3.exceptions import HTTPError

from rf.shared.servers.processes import DEADLINE_SECONDS

FIELD_MANAGER = "researchflow-tests"

Document = Mapping[str, Any]
"""A Kubernetes object as its YAML says it."""

_NOT_SERVED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE})
"""Of an aggregated API before it is registered, and before its server answers."""

_WATCH_SECONDS = 24 * 3600
"""Unless told, the API server ends a watch after half an hour to an hour."""

_STRICT = ("fieldValidation", "Strict")


class RefusedError(Exception):
    """The API server's own words about an object, after its kind and name."""


@dataclass(frozen=True, kw_only=True)
class AppliedObject:
    """What a server-side apply left: the object, and the warnings that came with it."""

    document: Document
    warnings: tuple[str, ...]

    def state(self, *, alone: bool) -> Any:
        """What stays the same when nothing changes.

        Where others write too (`alone` is false), that is what this manager owns, and since when.
        """
        metadata = self.document["metadata"]
        # An object of nothing but a name has no owned field.
        fields = metadata.get("managedFields", [])
        ours = [each for each in fields if each["manager"] == FIELD_MANAGER]
        # A quota's status is written by admission, whenever it counts an object.
        alone = alone and self.document["kind"] != "ResourceQuota"
        return (ours, metadata["resourceVersion"]) if alone else ours


def label(document: Document) -> str:
    """Kind, namespace and name of an object, for people."""
    metadata = document.get("metadata", {})
    name = metadata.get("name") or metadata.get("generateName")
    where = f"{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"{document['kind']} {where}{name}"


def _message(error: ApiException) -> str:
    body = error.body.decode() if isinstance(error.body, bytes) else str(error.body)
    try:
        return json.loads(body)["message"]
    except (KeyError, TypeError, ValueError):
        return f"{error.reason} {body}"


class ClusterClient:
    """A cluster of a kubeconfig. `alone`: no controller runs and nobody else writes to it."""

    def __init__(self, kubeconfig: Path | None, discovery: Path, *, alone: bool) -> None:
        """`None`: what `KUBECONFIG` names. `discovery` is a file for what the client learns."""
        client = config.new_client_from_config(str(kubeconfig) if kubeconfig else None)
        self.kubeconfig = kubeconfig
        self._api = client
        self.server: str = client.configuration.host
        self.alone = alone
        # Not the client's default: a file that outlives the run, by the name of the server alone.
        self._client = DynamicClient(client, cache_file=str(discovery))

    @property
    def version(self) -> str:
        """The server's version, as `v1.35.4`."""
        known: Any = self._client.version
        return known["kubernetes"]["gitVersion"]

    def serves(self, document: Document) -> bool:
        """Does the server take objects of this kind? A little after it names the kind, it does."""
        try:
            self._client.get(self._resource(document), limit=1)
        except (NotFoundError, ResourceNotFoundError):
            return False
        return True

    def apply(self, document: Document) -> AppliedObject:
        """Server-side apply with strict field validation. Raises RefusedError."""
        metadata = document["metadata"]
        return self._sent(
            document,
            "server_side_apply",
            name=metadata["name"],
            namespace=metadata.get("namespace"),
            field_manager=FIELD_MANAGER,
        )

    def try_to_create(self, document: Document) -> AppliedObject:
        """What creating it would give, all admission included; nothing stays. RefusedError."""
        namespace = document["metadata"].get("namespace")
        return self._sent(document, "create", namespace=namespace, dry_run="All")

    def find(self, document: Document) -> Document | None:
        """The object of that kind and name as it is there, or None."""
        metadata = document["metadata"]
        try:
            found = self._client.get(
                self._resource(document),
                name=metadata["name"],
                namespace=metadata.get("namespace"),
            )
        except (NotFoundError, ResourceNotFoundError):
            return None
        return found.to_dict()

    def read(self, path: str, **parameters: str) -> Any:
        """What the server answers to a plain GET, or None where it serves nothing there (yet)."""
        try:
            return self._api.call_api(
                path,
                "GET",
                query_params=list(parameters.items()),
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
                response_type="object",
                _return_http_data_only=True,
            )
        except client_exceptions.ApiException as error:
            if error.status in _NOT_SERVED:
                return None
            raise

    def changes(self, path: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        """A watch of a path: what is there, then each change as it comes, until the server ends."""
        options = {**parameters, "watch": "1", "timeoutSeconds": str(_WATCH_SECONDS)}
        answer: Any = self._api.call_api(
            path,
            "GET",
            query_params=list(options.items()),
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
            _preload_content=False,
            _return_http_data_only=True,
        )
        rest = b""
        with contextlib.suppress(HTTPError):
            for part in answer.stream(None):
                *lines, rest = (rest + part).split(b"\n")
                yield from map(json.loads, lines)

    def set_status(self, document: Document, status: Mapping[str, Any]) -> None:
        """Write the status of an object, as its controller would."""
        self.change(document, {"status": status}, "status")

    def change(self, document: Document, patch: Mapping[str, Any], part: str = "") -> None:
        """A merge patch of the object, or of a part with its own address, as `scale`."""
        metadata = document["metadata"]
        resource: Any = self._resource(document)
        (getattr(resource, part) if part else resource).patch(
            body=patch,
            name=metadata["name"],
            namespace=metadata.get("namespace"),
            content_type="application/merge-patch+json",
        )

    def evict(self, pod: Document) -> bool:
        """Ask the pod to leave, as a drain does. False where a disruption budget says not now."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
        }
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
        try:
            self._call(path, "POST", body)
        except client_exceptions.ApiException as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                return False
            # It left by itself.
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        return True

    def delete(self, document: Document) -> None:
        """Delete it, and what belongs to it, if it is there."""
        metadata = document["metadata"]
        try:
            self._client.delete(
                self._resource(document),
                name=metadata["name"],
                namespace=metadata.get("namespace"),
                propagation_policy="Background",
            )
        except (NotFoundError, ResourceNotFoundError):
            return

    def end_namespace(self, name: str) -> None:
        """Delete a namespace as its controller would, where none runs: it is final at once."""
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.delete(document)
        ending = self.find(document)
        if ending is not None:
            body = {**ending, "spec": {"finalizers": []}}
            self._call(f"/api/v1/namespaces/{name}/finalize", "PUT", body)

    def wait_until_gone(self, document: Document) -> None:
        """Raises TimeoutError."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.find(document) is not None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{label(document)} is still there")
            time.sleep(1)

    def _call(self, path: str, method: str, body: Document) -> None:
        self._api.call_api(
            path,
            method,
            body=body,
            header_params={"Content-Type": "application/json"},
            auth_settings=["BearerToken"],
            response_type="object",
        )

    def _sent(self, document: Document, method: str, **options: Any) -> AppliedObject:
        """The answer to a write, with its headers, which alone hold the warnings."""
        try:
            answer = getattr(self._client, method)(
                self._resource(document),
                body=document,
                query_params=[_STRICT],
                serialize=False,
                **options,
            )
        except ApiException as error:
            raise RefusedError(f"{label(document)}: {_message(error)}") from None
        return AppliedObject(
            document=json.loads(answer.data),
            warnings=tuple(answer.headers.getlist("warning")),
        )

    def _resource(self, document: Document) -> Resource:
        return self._client.resources.get(api_version=document["apiVersion"], kind=document["kind"])
