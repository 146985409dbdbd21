"""Writes a plan as files for other tools: Kubernetes YAML, Helm values, pgbouncer.ini, JSON."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from rf.kubernetes.helm import RELEASE
from rf.shared.errors import InputError
from rf.shared.files import can_write_in, folders_made, temporary_folder
from rf.shared.plan import SECRET, RecordedPlan, RecordedResource, Secret, redact, reveal
from rf.shared.termination import uninterrupted

MARKER = ".researchflow-export"
"""Names the files of an export, so that a later one replaces those and nothing else."""

_REDACTED_NOTE = (
    "# Values are replaced by [secret]: applying this file as it is would break the stack.\n"
)
_PASSWORD = re.compile(r"(\bpassword\s*=\s*)('[^']*'|\S+)")
"""A password in a connection string of the ini (PgBouncer manual, section [databases])."""

_FIRST_KEYS = ("apiVersion", "kind", "metadata")


class ExportError(InputError):
    """The directory can't be written, or holds what an export did not write."""


def check_directory(directory: Path) -> None:
    """Raise ExportError unless the directory is new, empty or nothing but an earlier export, in a
    place that can be written."""
    if not can_write_in(directory.absolute().parent):
        raise ExportError(f"{directory} can't be written: no files can be made beside it")
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ExportError(f"{directory} is not a directory")
    present = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    marker = directory / MARKER
    if present and not marker.is_file():
        raise ExportError(
            f"{directory} is not empty and no earlier export; name a new or empty directory"
        )
    foreign = sorted(present - {MARKER, *_listed(marker)})
    if foreign:
        examples = ", ".join(foreign[:5])
        raise ExportError(f"{directory} holds files that no export wrote: {examples}")


def write_export(plan: RecordedPlan, directory: Path) -> list[str]:
    """Write the files and return their paths, sorted. An earlier export is replaced whole.

    Everything is written beside the directory first, so that a failure leaves the old one alone.
    Raises ExportError as `check_directory` does, and where the file system refuses.
    """
    check_directory(directory)
    texts = dict(sorted(files_of(plan).items()))
    directory = directory.absolute()
    try:
        with (
            folders_made(directory.parent),
            temporary_folder(
                f"the unfinished {directory.name}", f".{directory.name}-", directory.parent
            ) as fresh,
        ):
            _write(fresh, texts)
            with uninterrupted():
                _swap(fresh, directory)
    except OSError as error:
        raise ExportError(f"{directory} can't be written: {error.strerror}") from error
    return list(texts)


def files_of(plan: RecordedPlan) -> dict[str, str]:
    """Path and text of every file of an export."""
    texts = {"plan.json": plan.to_json()}
    objects = [resource for resource in plan.resources if _is_object(resource)]
    taken: set[str] = set()
    for resource in sorted(objects, key=lambda each: each.urn):
        path = _path_of(resource, taken)
        taken.add(path)
        texts[path] = _object_text(resource)
    for resource in plan.of_type(RELEASE):
        name = reveal(resource.outputs).get("name") or resource.name
        texts[f"helm/{name}.yaml"] = _release_text(resource)
    for text in _pgbouncer_texts(plan):
        texts["pgbouncer.ini"] = text
    return texts


def _is_object(resource: RecordedResource) -> bool:
    return resource.type.startswith("kubernetes:") and "kind" in resource.inputs


def _path_of(resource: RecordedResource, taken: set[str]) -> str:
    """`kubernetes/<kind>/<name>.yaml`; the namespace is added where two would be the same."""
    metadata = reveal(resource.outputs).get("metadata", {})
    folder = PurePosixPath("kubernetes", str(resource.inputs["kind"]).lower())
    path = folder / f"{metadata.get('name', resource.name)}.yaml"
    if str(path) in taken:
        path = folder / f"{metadata.get('namespace', 'default')}.{path.name}"
    return str(path)


def _object_text(resource: RecordedResource) -> str:
    document = {key: _exported(value) for key, value in resource.inputs.items()}
    named = {"name": reveal(resource.outputs)["metadata"]["name"]}
    metadata = document.get("metadata")
    document["metadata"] = named | (metadata if isinstance(metadata, dict) else {})
    ordered = {key: document[key] for key in _FIRST_KEYS if key in document}
    ordered |= {key: value for key, value in document.items() if key not in ordered}
    text = _yaml(ordered)
    return (_REDACTED_NOTE if SECRET in text else "") + text


def _exported(value: Any) -> Any:
    """The value with secrets replaced; of a secret object the keys stay, for the reader's sake."""
    if isinstance(value, Secret):
        inner = value.value
        return dict.fromkeys(inner, SECRET) if isinstance(inner, Mapping) else SECRET
    if isinstance(value, Mapping):
        return {key: _exported(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exported(item) for item in value]
    return value


def _release_text(resource: RecordedResource) -> str:
    inputs = redact(resource.inputs)
    repository = inputs.get("repositoryOpts")
    described = {
        "chart": inputs.get("chart"),
        "version": inputs.get("version"),
        "repository": repository.get("repo") if isinstance(repository, Mapping) else None,
        "namespace": inputs.get("namespace"),
        "values": inputs.get("values", {}),
    }
    return _yaml({key: value for key, value in described.items() if value is not None})


def _pgbouncer_texts(plan: RecordedPlan) -> Iterator[str]:
    """The ini of the plan's ConfigMap or Secret, without the passwords it may hold."""
    for resource in plan.resources:
        for key in ("data", "stringData"):
            content = reveal(resource.inputs.get(key))
            if isinstance(content, Mapping) and isinstance(content.get("pgbouncer.ini"), str):
                yield _PASSWORD.sub(rf"\1{SECRET}", content["pgbouncer.ini"])


class _Dumper(yaml.CSafeDumper):
    """Block style for texts of several lines, so that scripts and files stay readable."""


_NUMBER = re.compile(
    r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?)"
)
"""What kubectl's parser takes for a number, unlike PyYAML's: 0835437813, 12e4, 0o17 (YAML 1.2;
go-yaml v3, resolve.go)."""


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)


def _write(directory: Path, texts: Mapping[str, str]) -> None:
    directory.chmod(0o755)
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (directory / MARKER).write_text("".join(f"{name}\n" for name in texts), encoding="utf-8")


def _listed(marker: Path) -> list[str]:
    return marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else []


def _swap(fresh: Path, directory: Path) -> None:
    """Put the fresh export in the old one's place."""
    if not directory.exists():
        fresh.rename(directory)
        return
    old = fresh.with_name(f"{fresh.name}-old")
    directory.rename(old)
    try:
        fresh.rename(directory)
    except OSError:
        old.rename(directory)
        raise
    shutil.rmtree(old)
