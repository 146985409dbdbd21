"""Writes `docs/configuration.md` from `Pulumi.yaml`'s schema, `Settings` and the plan's sizes.

`python -m tools.reference.config_keys` prints it; a test compares it with the committed file.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from rf.shared.project import PROJECT_ROOT
from scaleplan.config.section import FieldRule, fields_of, rule_of
from scaleplan.load import default_settings
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import Size
from tools.reference.markdown import table

_OPENING = """\
# Configuration

Every key of a stack file `Pulumi.<stack>.yaml`, written there as `researchflow:key`. This page is
generated: `python -m tools.reference.config_keys > docs/configuration.md`.

A stack names its `size`, which fills every section below from the scale plan
(`scaleplan/plan.yaml`). A section in a stack file is laid over that row leaf by leaf, so that it
names only what differs. Machine classes are shown for `arm64`; `architecture: x86_64` exchanges
each for its counterpart.

```yaml
config:
  researchflow:size: medium
  researchflow:worker: {maxReplicas: 12}
```

A value that is wrong in kind, range or name stops the program before anything is created, and all
mistakes are listed at once. For one run, `rf` takes `--set worker.maxReplicas=12`. No key is a
secret: the program makes its own. Keys of `pulumi:` belong to the engine; other namespaces are
refused, because nothing would read them.
"""


def render(root: Path = PROJECT_ROOT) -> str:
    """The whole page. Raises KeyError when `Pulumi.yaml` lacks a key of `Settings`."""
    schema = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    rules = {key: rule_of(field.annotation, field.metadata) for key, field in _fields(Settings)}
    sections = {key: rule for key, rule in rules.items() if rule.section is not None}
    parts = [_OPENING, "## Keys\n", _keys_table(rules, schema)]
    for key, rule in sections.items():
        parts += [f"## {key}\n", _section_intro(schema[key], rule), _leaves_table(key, rule)]
    return "\n".join(parts)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Fields in the order of `Settings` itself: a stack's own choices, then the size's sections."""
    yield from sorted(fields_of(model).items(), key=lambda item: item[0] in _size_keys())


def _size_keys() -> frozenset[str]:
    """Keys whose values the size gives."""
    return frozenset(_row(Size.SMALL))


def _row(size: Size) -> dict[str, Any]:
    return load_plan().sizes[size].model_dump(mode="json", by_alias=True)


def _keys_table(rules: Mapping[str, FieldRule], schema: Mapping[str, Any]) -> str:
    rows = []
    for key, rule in rules.items():
        entry = schema[key]
        allowed = f"see [{key}](#{key.lower()})" if rule.section else rule.allowed
        default = _default(key, entry)
        rows.append((f"`{key}`", entry["type"], default, allowed, entry["description"]))
    return table(("Key", "Type", "Default", "Allowed", "Meaning"), rows)


def _default(key: str, entry: Mapping[str, Any]) -> str:
    if "default" not in entry:
        return "required"
    default = entry["default"]
    if default == {}:
        return "the size's" if key in _size_keys() else "its leaves'"
    return {"": "not set", "[]": "none"}.get(str(default), f"`{_plain(default)}`")


def _section_intro(entry: Mapping[str, Any], rule: FieldRule) -> str:
    docstring = (inspect.getdoc(rule.section) or "") if rule.section else ""
    return f"{docstring}\n" if docstring else f"{entry['description']}\n"


def _leaves_table(key: str, rule: FieldRule) -> str:
    leaves = list(_leaves(rule.section)) if rule.section else []
    if key == "load":
        of_plan = {"horizon": "not set", **default_settings(load_plan())}
        rows = [
            (f"`{path}`", leaf.allowed, f"`{_plain(_value_at(of_plan, path))}`", description)
            for path, leaf, description in leaves
        ]
        return table(("Key", "Allowed", "The plan's", "Meaning"), rows)
    if key not in _size_keys():
        rows = [(f"`{path}`", leaf.allowed, description) for path, leaf, description in leaves]
        return table(("Key", "Allowed", "Meaning"), rows)
    values = [_row(size)[key] for size in Size]
    rows = [
        (
            f"`{path}`",
            leaf.allowed,
            *(f"`{_plain(_value_at(value, path))}`" for value in values),
            description,
        )
        for path, leaf, description in leaves
    ]
    return table(("Key", "Allowed", *(str(size) for size in Size), "Meaning"), rows)


def _leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldRule, str]]:
    for name, field in fields_of(model).items():
        rule = rule_of(field.annotation, field.metadata)
        if rule.section is not None:
            yield from _leaves(rule.section, f"{path}{name}.")
        else:
            yield f"{path}{name}", rule, field.description or ""


def _value_at(section: Any, path: str) -> Any:
    for part in path.split("."):
        section = section[part]
    return section


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(render())
