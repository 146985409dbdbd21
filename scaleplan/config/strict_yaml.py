"""YAML as the Pulumi CLI reads it: `yes` is a text, and a key stands once."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml


class StrictLoader(yaml.SafeLoader):
    """SafeLoader without YAML 1.1's surprises, so that a file means the same here and to the CLI.

    PyYAML takes `yes`, `on` and their like for booleans, `1:30` for 90, and keeps the last of two
    equal keys in silence. The CLI's reader takes the first two for texts and refuses the third.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a repeated key. Raises yaml.constructor.ConstructorError with its line."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            name = str(key_node.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    "in an object",
                    node.start_mark,
                    f"the key {name} stands twice",
                    key_node.start_mark,
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


_PLAIN_BOOLEAN = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_PLAIN_INTEGER = re.compile(r"^[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7]+|0b[01_]+)$")
_PLAIN_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


def _replace_resolvers() -> None:
    replaced = {
        "tag:yaml.org,2002:bool",
        "tag:yaml.org,2002:int",
        "tag:yaml.org,2002:float",
    }
    StrictLoader.yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag not in replaced]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", _PLAIN_BOOLEAN, list("tTfF"))
    StrictLoader.add_implicit_resolver(
        "tag:yaml.org,2002:int", _PLAIN_INTEGER, list("-+0123456789")
    )
    StrictLoader.add_implicit_resolver(
        "tag:yaml.org,2002:float", _PLAIN_FLOAT, list("-+.0123456789")
    )


_replace_resolvers()
