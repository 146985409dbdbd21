"""Calls to the emulated AWS: checked by the API's model first, then sent, then judged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import ClientError
from botocore.loaders import Loader, create_loader
from botocore.model import StructureShape
from botocore.parsers import ResponseParserError

from rf.shared.cards.answers import ApiAnswer, DescribedBy, Missing, Renames, RequestError
from rf.shared.sandbox.emulator import Server, require_loopback
from rf.shared.sandbox.requests import fit, mistakes_in
from rf.shared.sandbox.shapes import at, things_in
from rf.shared.sandbox.shown import shown_as

ACCESS_KEY = "sandbox"
SECRET_KEY = "sandbox"  # noqa: S105 - a dummy, printed by --keep

_GLOBAL_SERVICES = frozenset({"iam", "cloudfront", "route53"})
"""Services without a region; signed for us-east-1."""

_LOCAL_ONLY = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=60,
    s3={"addressing_style": "path"},
    proxies={},
    # A host prefix in front of 127.0.0.1 would be another host.
    inject_host_prefix=False,
)


class Api:
    """All requests of the sandbox. Holds one client per service and region.

    `missing` counts the requests that were only validated. `simplified` says, a sentence each,
    where a request had to say less than the plan for the emulator to take it.

    Credentials are dummies and no file or environment variable of the shell is read, so that
    AWS_PROFILE and friends neither matter nor leak.
    """

    def __init__(self, emulator: Server, region: str) -> None:
        require_loopback(emulator.endpoint)
        self.region = region
        self.missing: dict[Missing, int] = {}
        self.simplified: set[str] = set()
        self.requests = 0
        self.server = emulator
        self._session = _session()
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client of the service in the region (the stack's, unless given)."""
        where = "us-east-1" if service in _GLOBAL_SERVICES else region or self.region
        key = (service, where)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service,  # pyright: ignore[reportArgumentType, reportCallIssue]
                region_name=where,
                endpoint_url=self.server.endpoint,
                aws_access_key_id=ACCESS_KEY,
                aws_secret_access_key=SECRET_KEY,
                config=_LOCAL_ONLY,
            )
        return self._clients[key]

    def fitted(
        self,
        service: str,
        operation: str,
        inputs: Mapping[str, Any],
        renames: Renames | None = None,
    ) -> dict[str, Any]:
        """A plan's inputs as parameters of the operation. Raises TranslationError."""
        shape = self._input_shape(service, operation)
        return fit(shape, inputs, renames) if shape is not None else {}

    def validate(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raise RequestError when the API's model refuses the request."""
        mistakes = mistakes_in(self._input_shape(service, operation), parameters)
        if mistakes:
            raise RequestError(f"{service} {operation}: {'; '.join(mistakes)}")

    def call(
        self, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> ApiAnswer:
        """Check the request, send it, return the answer.

        Raises RequestError when the API's model or the emulator refuses it. Where the emulator
        has no such operation the checked request is noted in `missing` and the answer is empty.
        The first waits until the emulator is ready: EmulatorError if it fails to start.
        """
        self.validate(service, operation, parameters)
        self.requests += 1
        self.server.await_answer()
        logged = self.server.log_size()
        try:
            data = getattr(self.client(service, region), xform_name(operation))(**parameters)
        except (ClientError, ResponseParserError) as error:
            reason = self._reason(error, logged)
            if reason is not None:
                raise RequestError(f"{service} {operation}: {reason}", _code(error)) from error
            key = Missing(service, operation)
            self.missing[key] = self.missing.get(key, 0) + 1
            return ApiAnswer({}, emulated=False)
        return ApiAnswer(data)

    def shown(
        self,
        part: DescribedBy,
        thing: Any,
        planned: Mapping[str, Any],
        renames: Renames | None = None,
    ) -> dict[str, Any]:
        """Those of the planned values that a part of an answer shows, in their form."""
        shape = at(self._model(part.service, part.operation).output_shape, part.path)
        return shown_as(shape, thing, planned, renames or {})

    def path_of_thing(self, service: str, operation: str) -> str:
        """Where an answer describes the thing that was asked for: its first structure, or the first
        of its first list of them. Empty where the answer itself is the description."""
        return next(iter(things_in(self._model(service, operation).output_shape)), "")

    def _model(self, service: str, operation: str) -> Any:
        return self.client(service).meta.service_model.operation_model(operation)

    def _input_shape(self, service: str, operation: str) -> StructureShape | None:
        return self._model(service, operation).input_shape

    def _reason(self, error: ClientError | ResponseParserError, logged: int) -> str | None:
        """Why the request was refused; None when the server has no code for it at all.

        An error of the API carries the API's code. The server's web framework answers an unknown
        path with a bare 404, and an operation that moto knows but lacks with a bare 500, whose
        cause is in the server's log. A 500 of any other cause is a fault, not a gap.
        """
        if isinstance(error, ClientError):
            answer = error.response.get("Error", {})
            code = str(answer.get("Code", ""))
            if code in ("404", "501"):
                return None
            if not code.isdigit():
                return f"{code}: {answer.get('Message')}"
        fault = self.server.fault_since(logged)
        # moto's own subclasses say the same of a parameter or a filter.
        lacking = fault.split(":")[0].endswith("NotImplementedError")
        return None if lacking else f"the emulator failed: {fault}"


def _code(error: ClientError | ResponseParserError) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def _session() -> boto3.Session:
    """A session that reads neither the shell's AWS variables nor any file of the home folder."""
    settings: dict[str, Any] = {
        name: (key, None, default, convert)
        for name, (key, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name in ("config_file", "credentials_file"):
        settings[name] = (None, None, os.devnull, None)
    core = botocore.session.Session(session_vars=settings)
    core.register_component("data_loader", _api_models())
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
    )


@cache
def _api_models() -> Loader:
    """botocore's models, parsed once a process: EC2's alone takes half a second."""
    return create_loader()
