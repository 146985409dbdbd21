"""What a cloud would answer to a registration: an id and every output, invented from the URN.

The registry of each service overrides single outputs; what it leaves open is filled in by the type
that the SDK declares, so that no output of a plain type is ever None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from rf.offline import sdk
from rf.offline.lookups import ACCOUNT_ID
from rf.offline.urns import digest
from rf.plan import UNKNOWN, Secret

GLOBAL_REGION = "us-east-1"
"""Where AWS keeps its global services; also the answer when a provider names no region."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What a computed output may depend on: the resource's address and its inputs, nothing else."""

    urn: str
    token: str
    name: str
    inputs: Mapping[str, Any]
    region: str | None

    def hex(self, length: int, purpose: str = "") -> str:
        """Hex digits of this resource, different for each purpose."""
        return digest(self.urn, purpose)[:length]

    def letters(self, length: int, purpose: str = "") -> str:
        """Upper-case letters and digits of this resource, as AWS's opaque ids have them."""
        number = int(digest(self.urn, purpose), 16)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return "".join(alphabet[(number >> (5 * place)) % 32] for place in range(length))

    def uuid(self, purpose: str = "") -> str:
        """A well-formed version 4 UUID."""
        text = self.hex(32, purpose)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def text(self, key: str, default: str = "") -> str:
        """A text input, its secret revealed; `default` when it isn't given."""
        value = self.inputs.get(key)
        value = value.value if isinstance(value, Secret) else value
        return default if value is None else str(value)

    @property
    def where(self) -> str:
        """The resource's region: its own `region` input, else its provider's."""
        return self.text("region") or self.region or GLOBAL_REGION

    @property
    def auto_name(self) -> str:
        """The physical name that the provider makes when none is given: name, dash, 7 digits."""
        return f"{self.name}-{self.hex(7, 'name')}"

    def named(self, key: str = "name") -> str:
        """The physical name: as given, or made by the provider."""
        return self.text(key) or self.auto_name

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in the plan's account; `region=""` for global services."""
        region = self.where if region is None else region
        return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


@dataclass(frozen=True)
class Computed:
    """An id and the outputs that a service decides, laid over the inputs."""

    id: str
    outputs: Mapping[str, Any]


Invent = Callable[[Registration], Computed]


def answer(registration: Registration) -> tuple[str, dict[str, Any]]:
    """Id and all outputs of a registration."""
    invent = _registry().get(registration.token) or _registry_of_package(registration)
    computed = invent(registration)
    outputs = merged(registration.inputs, computed.outputs)
    declared = sdk.output_types(registration.token)
    for key, annotation in declared.items():
        if key not in outputs and key not in ("id", "urn"):
            outputs[key] = _of_type(annotation, key, registration)
        elif key in outputs:
            outputs[key] = _completed(outputs[key], annotation, registration)
    return computed.id, outputs


def unknown_answer(registration: Registration) -> dict[str, Any]:
    """Outputs of a first real preview: the inputs, and unknown what AWS adds inside them.

    Outputs that are no inputs are left out, which the SDK takes for unknown. A Kubernetes object is
    its inputs alone, because its API server does not exist yet.
    """
    invent = _registry().get(registration.token)
    if invent is None or registration.token.startswith("kubernetes:"):
        return dict(registration.inputs)
    return _with_unknowns(registration.inputs, invent(registration).outputs)


def _with_unknowns(given: Mapping[str, Any], computed: Mapping[str, Any]) -> dict[str, Any]:
    """The given object; inside its objects, an unknown for each key that only the cloud sets."""
    result = dict(given)
    for key, value in computed.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            added = dict.fromkeys(value.keys() - below.keys(), UNKNOWN)
            result[key] = {**_with_unknowns(below, value), **added}
    return result


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, objects key by key."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def _registry() -> Mapping[str, Invent]:
    from rf.offline import (  # noqa: PLC0415
        computed_aws,
        computed_edge,
        computed_material,
        computed_network,
    )

    return {
        **computed_network.REGISTRY,
        **computed_aws.REGISTRY,
        **computed_edge.REGISTRY,
        **computed_material.REGISTRY,
    }


def _registry_of_package(registration: Registration) -> Invent:
    from rf.offline.computed_material import kubernetes_object  # noqa: PLC0415

    if registration.token.startswith("kubernetes:"):
        return kubernetes_object
    return _anything


def _anything(registration: Registration) -> Computed:
    """A type without an entry: its physical name is its id."""
    return Computed(registration.named(), {})


def _of_type(annotation: Any, key: str, registration: Registration) -> Any:
    """An invented value of a declared output type; None where the SDK says it may be absent."""
    options = get_args(annotation)
    origin = get_origin(annotation) or annotation
    match origin:
        case _ if type(None) in options:
            return None
        case _ if sdk.is_output_type(origin):
            return _object_of(origin, registration)
        case type() if origin in (bool, int, float):
            return origin()
        case type() if issubclass(origin, Mapping):
            return dict(registration.inputs.get("tags") or {}) if key == "tagsAll" else {}
        case type() if issubclass(origin, Sequence) and options:
            return [_of_type(options[0], key.removesuffix("s"), registration)]
        case _:
            # Text, or a union of text and an enumeration of it.
            return _text_of(key, registration)


def _object_of(cls: type, registration: Registration) -> dict[str, Any]:
    return {
        key: _of_type(annotation, key, registration)
        for key, annotation in sdk.properties_of(cls).items()
    }


def _completed(value: Any, annotation: Any, registration: Registration) -> Any:
    """A given object with the required outputs beside what was given, at every depth."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    origin = get_origin(annotation) or annotation
    if type(None) in get_args(annotation) and len(options) == 1:
        return _completed(value, options[0], registration)
    if isinstance(value, list) and options:
        return [_completed(item, options[0], registration) for item in value]
    if isinstance(value, Mapping) and sdk.is_output_type(origin):
        declared = sdk.properties_of(origin)
        given = {
            key: _completed(item, declared.get(key), registration) for key, item in value.items()
        }
        return {**_object_of(origin, registration), **given}
    return value


def _text_of(key: str, registration: Registration) -> str:
    """Text that looks like what its name promises."""
    lowered = key.lower()
    service = registration.token.split(":")[1].split("/")[0]
    endings = {
        ("arn",): registration.arn(service, f"{key}/{registration.name}"),
        ("region",): registration.where,
        ("ownerid", "accountid", "registryid"): ACCOUNT_ID,
        ("status",): "ACTIVE",
        ("at", "time", "date"): "2026-01-01T00:00:00Z",
        ("id",): f"{key}-{registration.hex(17, key)}",
    }
    if lowered == "name":
        return registration.named()
    other = f"{registration.name}-{key}-{registration.hex(8, key)}"
    return next((text for ends, text in endings.items() if lowered.endswith(ends)), other)
