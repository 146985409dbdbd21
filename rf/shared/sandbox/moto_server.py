"""The process of the embedded AWS: moto's server on a socket that the parent has opened.

`python -P moto_server.py PORT FILE_DESCRIPTOR [SERVICE ...]`

As `python -m moto.server`, but made to start and answer in less time:

- a request that comes before the server is ready waits in the socket's queue;
- SERVICES are loaded before the first request is answered, while the parent is at work;
- a model of an API is read once, where moto makes a new loader for each service and session;
- what moto looks up on each request and can't change (its packages, a class's methods) is kept;
- the policies that AWS manages, 2 MB of JSON, are read once, not for each empty account;
- what is loaded is never searched for garbage;
- one request is answered after the other: moto changes its state without locks, and threads gain
  nothing where all the work is Python's;
- SIGTERM ends it at once: nothing of its state needs taking apart.

PORT is the socket's, for people who look for the process. Imports nothing of this project, which is
why it is started by its path.
"""

from __future__ import annotations

import copy
import functools
import gc
import sys
from collections.abc import Collection
from types import SimpleNamespace
from typing import cast

gc.disable()

import botocore.session  # noqa: E402 - the imports are most of what would be searched
from moto import backends  # noqa: E402
from moto.backend_index import backend_url_patterns  # noqa: E402
from moto.core import loaders, responses, utils  # noqa: E402
from moto.iam import models as iam  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402


def _keep_what_stays() -> None:
    """Have moto and botocore share one loader, and remember what can't change in a process."""
    loader = loaders.create_loader()
    botocore.session.create_loader = lambda _path=None: loader
    utils.create_loader = lambda: loader  # pyright: ignore[reportPrivateImportUsage]
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    method_names = functools.cache(utils.method_names_from_class)
    responses.method_names_from_class = method_names  # pyright: ignore[reportPrivateImportUsage]
    iam.IAMBackend._init_aws_policies = _aws_policies  # pyright: ignore[reportAttributeAccessIssue]


def _aws_policies(backend: iam.IAMBackend) -> list[iam.ManagedPolicy]:
    """What AWS manages, with nothing attached: an account counts for itself what it attaches."""
    return [copy.copy(policy) for policy in _aws_policies_of(backend.account_id, backend.partition)]


_read_aws_policies = iam.IAMBackend._init_aws_policies


@functools.cache
def _aws_policies_of(account_id: str, partition: str) -> list[iam.ManagedPolicy]:
    # The service is not of a region: its backend is called by the partition.
    asked = SimpleNamespace(account_id=account_id, region_name=partition)
    return _read_aws_policies(cast("iam.IAMBackend", asked))


def _load(application: DomainDispatcherApplication, services: Collection[str]) -> None:
    """Load these services as their first request would. Names that moto hasn't are left out."""
    for service in dict.fromkeys(name for name, _ in backend_url_patterns):
        if service in services:
            loaded = create_backend_app(service)  # pyright: ignore[reportArgumentType]
            application.app_instances[service] = loaded


def main(port: str, file_descriptor: str, *services: str) -> None:
    """Serve until a signal ends the process."""
    _keep_what_stays()
    application = DomainDispatcherApplication(create_backend_app)
    _load(application, services)
    gc.freeze()
    gc.enable()
    make_server(
        "127.0.0.1",
        int(port),
        application,
        request_handler=MotoRequestHandler,
        fd=int(file_descriptor),
    ).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
