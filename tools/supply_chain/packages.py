"""The locked Python packages of this system, each with its licence and what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rf.shared.project import PROJECT_ROOT

LOCKS = ("requirements.txt", "requirements-cli.txt", "requirements-dev.txt")
"""Each holds what the one before it holds: what deploys, what the commands need, what tests do."""

_SAID = {
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "PSFL": "PSF-2.0",
    "MIT license": "MIT",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
}
"""Words of packages' metadata that are no SPDX names, and what they mean."""

_READ = {
    "antlr4-python3-runtime": "BSD-3-Clause",
    "async-timeout": "Apache-2.0",
    "cycler": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "LicenseRef-Matplotlib",
    "mpmath": "BSD-3-Clause",
    "nodeenv": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "sympy": "BSD-3-Clause",
}
"""Licences of packages whose metadata names none precisely, read in their licence files."""


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """A package as it is locked. `lock` is the first file that it stands in, and `needs` are the
    packages that it asks for here."""

    name: str
    version: str
    lock: str
    licence: str
    needs: tuple[str, ...]


class UnknownLicenceError(Exception):
    """Nobody knows yet under which licence a package is."""


def locked_packages() -> tuple[LockedPackage, ...]:
    """All that this interpreter and system take, by name.

    Raises UnknownLicenceError, and importlib.metadata.PackageNotFoundError where one is missing
    here.
    """
    first: dict[str, tuple[str, str]] = {}
    for lock in LOCKS:
        for name, version in _pins(lock):
            first.setdefault(name, (version, lock))
    return tuple(
        LockedPackage(
            name=name,
            version=version,
            lock=lock,
            licence=_licence(name),
            needs=tuple(sorted(set(_needs(name)) & first.keys())),
        )
        for name, (version, lock) in sorted(first.items())
    )


def _pins(lock: str) -> Iterator[tuple[str, str]]:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    for line in text.splitlines():
        pin = line.partition(" --hash=")[0].strip()
        if "==" in pin and not pin.startswith("#"):
            wanted = Requirement(pin)
            if wanted.marker is None or wanted.marker.evaluate():
                yield canonicalize_name(wanted.name), next(iter(wanted.specifier)).version


def _needs(name: str) -> Iterator[str]:
    for each in metadata.requires(name) or ():
        wanted = Requirement(each)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield canonicalize_name(wanted.name)


def _licence(name: str) -> str:
    if name in _READ:
        return _READ[name]
    about = metadata.metadata(name).json
    expression = about.get("license_expression")
    if isinstance(expression, str):
        return expression
    said = str(about.get("license") or "").splitlines()[:1]
    classes = [
        each.rpartition(" :: ")[2]
        for each in about.get("classifier", ())
        if each.startswith("License :: ")
    ]
    for word in (*said, *classes):
        found = _SAID.get(word, word)
        if found in PERMISSIVE:
            return found
    raise UnknownLicenceError(f"{name} says {said or classes or 'nothing'}: read it, and add it")


PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "LicenseRef-Matplotlib",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "PostgreSQL",
        "Zlib",
    }
)
"""Licences that ask nothing of whoever runs the software, or of a file changed alone (MPL-2.0).
Matplotlib's is Python's with another name in it."""
