"""What the engine holds of a deployment beside what the recorder holds: every difference, in words.

Values that only a deployment gives (ids, ARNs, addresses) are never the recorder's invented ones.
They agree where a resource that the property depends on has the one in its recorded outputs and the
other, at the same place, in the engine's.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubernetes.utils.quantity import parse_quantity
from pulumi.runtime import rpc

from rf.local.pulumi import PROVIDER, STACK_REFERENCE
from rf.shared.offline.monitor import ROOT_TYPE, name_of, qualified_type, type_of, urn_of
from rf.shared.plan import UNKNOWN, RecordedPlan, RecordedResource, Secret, redact

SECRET_OBJECT = "kubernetes:core/v1:Secret"

ADDED_TO_PROVIDERS = ("version", "__internal")
"""Inputs of a provider that the engine adds: the version of the SDK that registered it, and an
object for its own use. The program asks for neither."""

ENGINES_PROVIDER = f"{PROVIDER}pulumi"
"""The engine's own, by which it reads other stacks. No program registers it."""

SHORTEST_NAMED = 8
"""Characters of a deployment's own value from which on it is looked for inside a text."""

Document = Mapping[str, Any]
Pairs = frozenset[tuple[str, str]]
"""Values of outputs: the recorder's, and the engine's at the same place."""


def decoded(value: Any) -> Any:
    """A value of the engine's JSON as a plan has it; a secret that is encrypted holds nothing."""
    match value:
        case Mapping() if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(decoded(json.loads(value.get("plaintext", "null"))))
        case Mapping():
            return {key: decoded(item) for key, item in value.items() if item is not None}
        case list():
            return [decoded(item) for item in value]
        case _:
            return UNKNOWN if value == rpc.UNKNOWN else value


def differences(ours: Any, theirs: Any, pairs: Pairs = frozenset(), path: str = "") -> list[str]:
    """Each place at which the engine has something else than what was recorded."""
    return [
        _difference(where, one, other)
        for where, one, other in _differing(ours, theirs, path)
        if not _agree(one, other, pairs)
    ]


def _difference(where: str, ours: Any, theirs: Any) -> str:
    return f"{where}: recorded {ours!r}, engine {theirs!r}"


# --- the first preview


def preview_differences(plan: RecordedPlan, goals: Mapping[str, Document]) -> list[str]:
    """The engine's plan of an empty stack, beside the recording with unknowns.

    A resource that is read is in no such plan: the run's steps show it.
    """
    recorded = {each.urn: each for each in plan.resources if each.type != STACK_REFERENCE}
    expected = {urn: _told(each.to_json(), UNTOLD_BY_PREVIEW) for urn, each in recorded.items()}
    registered = {urn: goal for urn, goal in goals.items() if not _engines_own(urn)}
    actual = {
        urn: _told(
            _document(urn, goal, redact(_asked(urn, goal["inputDiff"].get("adds", {})))),
            UNTOLD_BY_PREVIEW,
        )
        for urn, goal in registered.items()
    }
    unknown_aliases = [
        f"{urn}: the engine alone has the alias {alias}"
        for urn, goal in registered.items()
        for alias in _own_aliases(plan, urn, goal)
        if urn in recorded and alias not in recorded[urn].aliases
    ]
    return differences(expected, actual) + unknown_aliases


# --- the state of what was deployed


def state_differences(plan: RecordedPlan, state: Document) -> list[str]:
    """What stands in the engine's state, beside the recording of a deployed stack."""
    standing = {each["urn"]: each for each in state["resources"]}
    recorded = {each.urn: each for each in plan.resources}
    pairs = {
        urn: _pairs_of(each, standing[urn]) for urn, each in recorded.items() if urn in standing
    }
    expected, actual = dict.fromkeys(recorded), dict.fromkeys(_registered(standing))
    found = differences(expected, actual)
    for urn in recorded.keys() & standing.keys():
        found += _resource_differences(recorded[urn], standing[urn], pairs)
    root = next(each for each in standing.values() if each["type"] == ROOT_TYPE)
    everything = frozenset().union(*pairs.values())
    exported = decoded(root["outputs"])
    return found + differences(dict(plan.outputs), exported, everything, "outputs")


def _resource_differences(
    recorded: RecordedResource, standing: Document, pairs: Mapping[str, Pairs]
) -> Iterator[str]:
    urn = recorded.urn
    expected = _told(recorded.to_json(lambda inputs: inputs), UNTOLD_BY_STATE)
    actual = _document(urn, standing, _asked(urn, standing.get("inputs", {})))
    for key in (expected.keys() | actual.keys()) - {"inputs"}:
        own = pairs.get(recorded.provider.rpartition("::")[0], frozenset())
        yield from differences(expected.get(key), actual.get(key), own, f"{urn} {key}")
    inputs, theirs = dict(expected["inputs"]), actual["inputs"]
    for key in inputs.keys() | theirs.keys():
        sources = recorded.property_dependencies.get(key, ())
        known = frozenset().union(*(pairs.get(source, frozenset()) for source in sources))
        path = f"{urn} inputs.{key}"
        for where, one, other in _differing(inputs.get(key), theirs.get(key), path):
            if not (_agree(one, other, known) or _written_otherwise(where, one, other)):
                yield _difference(where, one, other)
    ours, theirs = recorded.outputs, decoded(standing.get("outputs", {}))
    if recorded.custom:
        yield from differences(
            sorted(_secret_outputs(recorded.type, ours)),
            sorted(_secret_outputs(recorded.type, theirs)),
            path=f"{urn} secret outputs",
        )


_HASH = re.compile(
    r"annotations\.researchflow\.io/[a-z]+-hash$|inputs\.vpcOriginEndpointConfig\.name$"
)
"""What rolls pods when a Secret changes, and what makes an origin anew: a hash of content in which
are a deployment's own addresses. That it is of the right content is the components' tests'."""

_QUANTITY = re.compile(r"\.(limits|requests|max|min|default|defaultRequest)\.(cpu|memory)$")


def _written_otherwise(where: str, ours: Any, theirs: Any) -> bool:
    """Whether Kubernetes' own structures, through which its provider takes an object, write the
    same down in another way: `1` for `1000m`, and no empty list of variables. Or both are hashes of
    what holds a deployment's own values."""
    if _QUANTITY.search(where):
        return parse_quantity(ours) == parse_quantity(theirs)
    if _HASH.search(where):
        return len(ours) == len(theirs)
    return where.endswith(".env") and (ours, theirs) == ([], _ABSENT)


# --- how the two write things down


UNTOLD = "aliases"
"""An alias is a name that the engine looks for and then forgets: see
`test_the_engine_finds_resources_under_each_alias`."""

UNTOLD_BY_PREVIEW = (UNTOLD, "replaceOnChanges")
UNTOLD_BY_STATE = (UNTOLD, "deleteBeforeReplace")
"""What the engine's plan of a preview, and its state, have no place for (its `apitype`)."""


def _told(document: Document, untold: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in untold}


def _document(urn: str, engine: Document, inputs: Any) -> dict[str, Any]:
    """What the engine says of a resource, as `RecordedResource.to_json` says it."""
    parent = engine.get("parent", "")
    return {
        "urn": urn,
        "type": engine["type"],
        "name": name_of(urn),
        "parent": "" if parent and qualified_type(parent) == ROOT_TYPE else parent,
        "custom": engine.get("custom", False),
        "provider": engine.get("provider", "").replace(rpc.UNKNOWN, UNKNOWN),
        "inputs": inputs,
        "dependencies": sorted(engine.get("dependencies") or ()),
        "propertyDependencies": {
            key: sorted(urns)
            for key, urns in (engine.get("propertyDependencies") or {}).items()
            if urns
        },
        "protect": engine.get("protect", False),
        "retainOnDelete": engine.get("retainOnDelete", False),
        "ignoreChanges": list(engine.get("ignoreChanges") or ()),
        **{
            key: engine[key]
            for key in ("replaceOnChanges", "deleteBeforeReplace")
            if engine.get(key)
        },
    }


def _asked(urn: str, inputs: Document) -> dict[str, Any]:
    """The inputs as the program gave them."""
    asked = decoded(inputs)
    token = type_of(urn)
    if token.startswith(PROVIDER):
        return {key: value for key, value in asked.items() if key not in ADDED_TO_PROVIDERS}
    if token == SECRET_OBJECT and "data" in asked:
        # The provider encodes what the program gives as text, as the API server would.
        data = asked.pop("data").value
        texts = {key: base64.b64decode(text).decode() for key, text in data.items()}
        return {**asked, "stringData": Secret(texts)}
    return asked


def _registered(standing: Iterable[str]) -> list[str]:
    return [urn for urn in standing if not _engines_own(urn)]


def _engines_own(urn: str) -> bool:
    return qualified_type(urn) in (ROOT_TYPE, ENGINES_PROVIDER)


def _own_aliases(plan: RecordedPlan, urn: str, goal: Document) -> Iterator[str]:
    """The aliases that the program gave, without those that follow from its parent's."""
    for alias in goal.get("structuredAliases") or ():
        parent = "" if alias["NoParent"] else alias["Parent"] or goal.get("parent", "")
        own = urn_of(
            alias["Stack"] or plan.stack,
            alias["Project"] or plan.project,
            "" if parent and qualified_type(parent) == ROOT_TYPE else parent,
            alias["Type"] or goal["type"],
            alias["Name"] or goal["name"],
        )
        if urn != (alias["URN"] or own):
            yield alias["URN"] or own


def _secret_outputs(token: str, outputs: Document) -> set[str]:
    """Where secrets are. An object's text form is given and never answered, and what begins with
    `__` is the provider's record of its own inputs."""
    shown = {key: value for key, value in outputs.items() if not key.startswith("__")}
    if token == SECRET_OBJECT:
        shown.pop("stringData", None)
    return set(_secret_paths(shown, ""))


def _secret_paths(value: Any, path: str) -> Iterator[str]:
    match value:
        case Secret():
            yield path
        case Mapping():
            for key, item in value.items():
                yield from _secret_paths(item, f"{path}.{key}")
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _secret_paths(item, f"{path}[{index}]")


# --- where they differ


def _pairs_of(recorded: RecordedResource, standing: Document) -> Pairs:
    """A resource's id and outputs as recorded, each with what the engine has there."""
    ours = {**recorded.outputs, "id": recorded.resource_id}
    theirs = {**decoded(standing.get("outputs", {})), "id": standing.get("id", "")}
    return frozenset(
        (str(one), str(other))
        for _, one, other in _differing(ours, theirs, "")
        if isinstance(one, str | int) and isinstance(other, str | int)
    )


def _differing(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    match ours, theirs:
        case Secret(), Secret():
            yield from _differing(ours.value, theirs.value, path)
        case Mapping(), Mapping():
            for key in sorted(ours.keys() | theirs.keys()):
                one, other = ours.get(key, _ABSENT), theirs.get(key, _ABSENT)
                yield from _differing(one, other, f"{path}.{key}")
        case (list() | tuple(), list() | tuple()) if len(ours) == len(theirs):
            for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                yield from _differing(one, other, f"{path}[{index}]")
        case _ if ours != theirs:
            yield path, ours, theirs


_ABSENT = "[absent]"


def _agree(ours: Any, theirs: Any, pairs: Pairs) -> bool:
    """Whether two texts are the same but for values of a deployment's own, whole or inside."""
    if not (isinstance(ours, str) and isinstance(theirs, str)):
        return False
    if (ours, theirs) in pairs:
        return True
    inside = [(one, other) for one, other in pairs if len(one) >= SHORTEST_NAMED and one in ours]
    longest_first = sorted({one for one, _ in inside}, key=lambda one: (-len(one), one))
    if not longest_first:
        return False
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", ours)
    pattern = "".join(_alternatives(part, inside) for part in parts)
    return re.fullmatch(pattern, theirs) is not None


def _alternatives(part: str, pairs: Iterable[tuple[str, str]]) -> str:
    choices = {re.escape(other) for one, other in pairs if one == part}
    return f"(?:{'|'.join(sorted(choices))})" if choices else re.escape(part)
