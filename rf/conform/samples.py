"""What a client may ask of the application under trial: the file of samples."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rf.shared.applications.http_client import WebRequest
from rf.shared.errors import InputError
from scaleplan.sizes import QueueClient

PATIENT = "{patient}"
"""Stands in a sample where an identifier of a patient goes: a new one for each use."""

PATIENT_IN_BYTES = b"patient-0000000000000000"
"""The same in bytes, where it is as long as an identifier."""


class SamplesInputError(InputError):
    """A file of samples that can't be read, or says what no sample is."""


class SampleRequest(BaseModel):
    """One request that the application carries out, with the status 2xx."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = "GET"
    path: str = Field(pattern="^/")
    headers: dict[str, str] = {}
    body: Any = None

    def of(self, patient: str, headers: Mapping[str, str]) -> WebRequest:
        """The request for this patient."""
        filled = cast("dict[str, Any]", _filled(self.model_dump(), patient))
        return WebRequest(**{**filled, "headers": {**headers, **filled["headers"]}})


class SampleJob(BaseModel):
    """One job that the worker carries out, in a second or two.

    `client` is the library whose job it is, the stack's first unless named. Of RQ, `name` is the
    function's path, and `data` its arguments by name, or its only one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str
    name: str
    data: Any = None
    client: QueueClient | None = None

    def data_of(self, patient: str) -> Any:
        """Its data for this patient."""
        return _filled(self.data, patient)


class SampleWorkflow(BaseModel):
    """One workflow that a worker carries out, with an activity of a second or two. `input` are its
    arguments, which it is given as JSON; `activity` is the type of that activity, where it has
    others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    input: list[Any] = []
    activity: str | None = None

    def input_of(self, patient: str) -> list[Any]:
        """Its arguments for this patient."""
        return _filled(self.input, patient)


def _decoded(text: Any) -> bytes:
    """Raises ValueError where that is no base64, which pydantic's own type lets pass."""
    return base64.b64decode(str(text), validate=True)


class SampleBytes(BaseModel):
    """A message that is no text. In it PATIENT_IN_BYTES stands for a patient, since the identifier
    is as long: what counts bytes before a text goes on counting right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base64: Annotated[bytes, BeforeValidator(_decoded)]


SampleMessage = str | SampleBytes


@dataclass(frozen=True, kw_only=True)
class SocketExchange:
    """What is said on sockets for one patient. Bytes are sent as a binary message."""

    path: str
    headers: Mapping[str, str]
    ask: tuple[str | bytes, ...]
    edit: str | bytes
    saved: bytes


class SampleSocket(BaseModel):
    """A WebSocket that the application opens, and a message that its other clients then hear of.

    `ask` is what each client says first, where it must. `saved` is part of what whoever opens the
    document later is sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern="^/")
    headers: dict[str, str] = {}
    edit: SampleMessage
    ask: SampleMessage | list[SampleMessage] = []
    saved: SampleMessage = ""

    def of(self, patient: str) -> SocketExchange:
        """What is said for this patient."""
        ask = self.ask if isinstance(self.ask, list) else [self.ask]
        saved = _message(self.saved, patient)
        return SocketExchange(
            path=_filled(self.path, patient),
            headers=self.headers,
            ask=tuple(_message(each, patient) for each in ask if each),
            edit=_message(self.edit, patient),
            saved=saved.encode() if isinstance(saved, str) else saved,
        )


class SamplePrevious(BaseModel):
    """The version before: how it is started, and its migration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: list[str] = Field(min_length=1)
    migrate: list[str] = []


class Samples(BaseModel):
    """All samples; a point whose samples are not there is not tried.

    `read` is a GET of tenants' data, `write` adds some, `public` is below the public prefix,
    `enqueue` adds a job, `job` is one for a worker, `socket` one of a document. `start_workflow` is
    a request that starts a workflow, `workflow` one for a workflow worker. `sessions` are put into
    the session store first, `migrate` is the migration's command, `previous` the version before.
    `journals` are tables with a row for each request, whatever it asks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    headers: dict[str, str] = {}
    read: SampleRequest | None = None
    write: SampleRequest | None = None
    public: SampleRequest | None = None
    enqueue: SampleRequest | None = None
    job: SampleJob | None = None
    socket: SampleSocket | None = None
    start_workflow: SampleRequest | None = None
    workflow: SampleWorkflow | None = None
    sessions: dict[str, str] = {}
    migrate: list[str] = []
    previous: SamplePrevious | None = None
    journals: list[str] = []

    def has(self, name: str) -> bool:
        """Whether there is such a sample."""
        return bool(getattr(self, name))

    def request(self, name: str, patient: str) -> WebRequest:
        """A sample's request for this patient."""
        sample: SampleRequest = getattr(self, name)
        return sample.of(patient, self.headers)


def read_samples(file: Path | None) -> Samples:
    """The samples of a YAML file; none without one. Raises SamplesInputError."""
    if file is None:
        return Samples()
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise SamplesInputError(f"{file}: {error}") from error
    except yaml.YAMLError as error:
        raise SamplesInputError(f"{file} is no YAML: {' '.join(str(error).split())}") from error
    try:
        return Samples.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}"
            for each in error.errors()
        )
        raise SamplesInputError(f"{file}: {wrong}") from error


def _filled(value: Any, patient: str) -> Any:
    match value:
        case str():
            return value.replace(PATIENT, patient)
        case dict():
            return {key: _filled(item, patient) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_filled(item, patient) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _message(message: SampleMessage, patient: str) -> str | bytes:
    if isinstance(message, str):
        return _filled(message, patient)
    return message.base64.replace(PATIENT_IN_BYTES, patient.encode())
