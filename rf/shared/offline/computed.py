"""What a cloud would answer to a registration: an id and every output, invented from the URN.

A type's card decides single outputs; what it leaves open is filled in by the type
that the SDK declares, so that no output of a plain type is ever None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from rf.shared.cards.inventing import kubernetes_object, physical_name
from rf.shared.cards.registry import card_of
from rf.shared.offline import sdk
from rf.shared.offline.invention import ACCOUNT_ID, Invent, Registration, merged
from rf.shared.plan import UNKNOWN


def answer(registration: Registration) -> tuple[str, dict[str, Any]]:
    """Id and all outputs of a registration."""
    computed = _invent_of(registration)(registration)
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
    if registration.token.startswith("kubernetes:"):
        return dict(registration.inputs)
    computed = _invent_of(registration)(registration)
    return _with_unknowns(registration.inputs, computed.outputs)


def _invent_of(registration: Registration) -> Invent:
    """As the type's card has it; of a type without one, its physical name or its object."""
    card = card_of(registration.token)
    if card is not None:
        return card.computed
    return kubernetes_object if registration.token.startswith("kubernetes:") else physical_name


def _with_unknowns(given: Mapping[str, Any], computed: Mapping[str, Any]) -> dict[str, Any]:
    """The given object; inside its objects, an unknown for each key that only the cloud sets."""
    result = dict(given)
    for key, value in computed.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            added = dict.fromkeys(value.keys() - below.keys(), UNKNOWN)
            result[key] = {**_with_unknowns(below, value), **added}
    return result


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
        completed = {
            key: _completed(item, declared.get(key), registration) for key, item in value.items()
        }
        return {**_object_of(origin, registration), **completed}
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
