"""The lock files: of what is asked, for every supported system, and of nobody's registry."""

import re
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rf.shared.project import PROJECT_ROOT

NAMES = (
    "requirements",
    "requirements-cli",
    "requirements-dev",
    "requirements-uv",
    ".ci/scan/requirements",
    "apps/worker/requirements",
    "apps/worker/requirements-dev",
)

SYSTEMS = [
    {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": platform,
    }
    for (platform, machine), python in product(
        [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64")],
        ["3.11", "3.12", "3.13", "3.14"],
    )
]
"""What the set-up is promised for (docs/dependencies.md), as markers see it."""


def locked(name):
    """Each requirement of a lock file with its hashes."""
    text = (PROJECT_ROOT / f"{name}.txt").read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [
        (Requirement(line.partition(" --hash=")[0]), frozenset(re.findall(r"--hash=(\S+)", line)))
        for line in lines
    ]


def asked(name):
    """What the .in file asks for, and what the files that it includes do."""
    found = []
    for line in (PROJECT_ROOT / f"{name}.in").read_text("utf-8").splitlines():
        if line.startswith("-r "):
            included = Path(name).parent / line.removeprefix("-r ").removesuffix(".in")
            found += asked(str(included))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def pins(requirements, system):
    """The versions that a system takes, by package."""
    found = {}
    for each in requirements:
        if each.marker is None or each.marker.evaluate(system):
            found.setdefault(canonicalize_name(each.name), []).append(str(each.specifier))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_system_gets_one_version_of_each_package_and_what_was_asked_for(name):
    requirements = [requirement for requirement, _ in locked(name)]
    for system in SYSTEMS:
        found = pins(requirements, system)
        assert [package for package, versions in found.items() if len(versions) > 1] == []
        assert pins(asked(name), system).items() <= found.items()


@pytest.mark.parametrize("name", NAMES)
def test_each_package_is_pinned_to_files_and_to_no_registry(name):
    for requirement, hashes in locked(name):
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier))
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
    assert "://" not in (PROJECT_ROOT / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements", "requirements-cli"),
        ("requirements-cli", "requirements-dev"),
        ("apps/worker/requirements", "apps/worker/requirements-dev"),
    ],
)
def test_a_lock_file_holds_what_the_one_before_it_holds(smaller, larger):
    held = {str(requirement): hashes for requirement, hashes in locked(larger)}
    for requirement, hashes in locked(smaller):
        assert held[str(requirement)] == hashes
