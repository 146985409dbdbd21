"""The engine's wire form of properties and plain Python values, both ways.

The SDK's own reader drops secrets and has no sentinel for an unknown, so the recorder has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from rf.shared.plan import UNKNOWN, Secret

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
HIDDEN = "1b47061264138c4ac30d75fd1eb44270"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Signatures of the wire format and of states and plans (pulumi SDK, `runtime/rpc.py`); `HIDDEN`
marks a secret."""


def decode(value: struct_pb2.Value) -> Any:
    """A wire value as Python: whole numbers as int, secrets as `Secret`, unknown as `[unknown]`."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return _decode_object(value.struct_value)
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "string_value":
            return UNKNOWN if value.string_value == _UNKNOWN else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case _:
            return None


def decode_properties(properties: struct_pb2.Struct) -> dict[str, Any]:
    """The properties of a registration, sorted by key; a property that is null is left out."""
    return {
        key: decoded
        for key, value in sorted(properties.fields.items())
        if (decoded := decode(value)) is not None
    }


def _decode_object(value: struct_pb2.Struct) -> Any:
    fields = value.fields
    match fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else None:
        case None:
            return {key: decode(item) for key, item in sorted(fields.items())}
        case signature if signature == HIDDEN:
            return Secret(decode(fields["value"]))
        case signature if signature == _RESOURCE:
            return decode(fields["urn"])
        case _:
            return {
                key: decode(item) for key, item in sorted(fields.items()) if key != SIGNATURE_KEY
            }


def encode_properties(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties of an answer on the wire. An unknown value goes as the engine's sentinel."""
    return struct_pb2.Struct(fields={key: _encode(item) for key, item in properties.items()})


def _encode(value: Any) -> struct_pb2.Value:
    match value:
        case None:
            wire = struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            wire = struct_pb2.Value(bool_value=value)
        case int() | float():
            wire = struct_pb2.Value(number_value=value)
        case str():
            wire = struct_pb2.Value(string_value=_UNKNOWN if value == UNKNOWN else value)
        case Secret():
            wire = _encode({SIGNATURE_KEY: HIDDEN, "value": value.value})
        case Mapping():
            wire = struct_pb2.Value(struct_value=encode_properties(value))
        case list() | tuple():
            items = [_encode(item) for item in value]
            wire = struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
        case _:
            raise TypeError(f"a {type(value).__name__} has no wire form")
    return wire
