"""What a program finds around it while it is recorded, and what the recorder spares itself."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi.runtime import resource as registrations
from pulumi.runtime.proto import source_pb2

from rf.shared.project import PROJECT_ROOT

_SHELL_PREFIXES = ("PULUMI_", "AWS_", "KUBE", "HELM_")
"""Variables that the SDKs read as defaults; a plan must not depend on the shell it is made in."""

_PROXIES = frozenset({"all_proxy", "grpc_proxy", "http_proxy", "https_proxy"})
"""Variables, in small or capital letters, by which gRPC would lead even a call to this machine
elsewhere, with all the secrets in it (grpc, doc/environment_variables.md)."""


@contextlib.contextmanager
def without_shell_defaults() -> Iterator[None]:
    """Hide the variables of the shell that the SDKs read."""
    hidden = {
        key: os.environ.pop(key)
        for key in list(os.environ)
        if key.startswith(_SHELL_PREFIXES) or key.lower() in _PROXIES
    }
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """Loading the SDKs makes a million lasting objects; searching them for garbage is a third of
    the time of a plan (measured on the large size). After the first runs no collection looks at
    what is there by then."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if next(_runs) < _RUNS_UNSEARCHED:
            gc.freeze()
        if enabled:
            gc.enable()


_runs = itertools.count()
"""Counted, for asking the collector whether anything is frozen walks through all of it."""

_RUNS_UNSEARCHED = 8
"""As many plans as a command makes: searching what each leaves takes a tenth of it, and some 10 MB
stay. Tests make hundreds."""


@contextlib.contextmanager
def without_stack_traces() -> Iterator[None]:
    """The SDK walks the whole stack at each registration, for an engine to show where it stands."""
    given = getattr(registrations, "_get_stack_trace", None)
    if given is None:  # an SDK of another version
        yield
        return
    nothing = source_pb2.StackTrace()
    registrations._get_stack_trace = lambda: nothing
    try:
        yield
    finally:
        registrations._get_stack_trace = given


@contextlib.contextmanager
def as_the_engine_runs_it(program: Path) -> Iterator[None]:
    """The program's directory is the working directory and comes first on the path."""
    root = program.resolve().parent
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(root)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        if root != PROJECT_ROOT:
            _forget_modules_of(root, set(sys.modules) - modules)


def _forget_modules_of(root: Path, names: set[str]) -> None:
    """Drop modules of another program, so that the next one's of the same name are its own."""
    for name in names:
        origin = getattr(sys.modules[name], "__file__", None)
        if origin and Path(origin).is_relative_to(root):
            del sys.modules[name]
