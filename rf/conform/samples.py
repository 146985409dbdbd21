"""What a client may ask of the application under trial: the file of samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rf.shared.applications.http_client import WebRequest
from rf.shared.errors import InputError
from scaleplan.sizes import QueueClient

PATIENT = "{patient}"
"""Stands in a sample where an identifier of a patient goes: a new one for each use."""


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
    arguments, which it is given as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    input: list[Any] = []

    def input_of(self, patient: str) -> list[Any]:
        """Its arguments for this patient."""
        return _filled(self.input, patient)


class SampleSocket(BaseModel):
    """A WebSocket that the application opens, and a text that its other clients then hear of.

    `saved` is part of what whoever opens the document later is sent; `ask` is what such a client
    says first, where it must.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern="^/")
    headers: dict[str, str] = {}
    edit: str
    ask: str = ""
    saved: str = ""

    def of(self, patient: str) -> SampleSocket:
        """The same with texts for this patient."""
        said = {name: _filled(getattr(self, name), patient) for name in ("edit", "saved")}
        return self.model_copy(update=said)


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
