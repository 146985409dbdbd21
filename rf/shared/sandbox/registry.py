"""Which handler creates which resource type, and what a handler is given and gives back."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from rf.shared.errors import FailedError
from rf.shared.sandbox.api import Api, ApiAnswer, RequestError
from rf.shared.sandbox.requests import Renames, TranslationError


class CreationError(FailedError):
    """A resource that could not be created; the message names its URN."""


class MissingHandlerError(Exception):
    """A resource type that no handler creates."""


@dataclass(frozen=True)
class Created:
    """A resource in the emulated world: its real id, and the outputs that are real.

    Outputs that the handler leaves out keep the values that the recorder invented.
    """

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Inputs(MutableMapping[str, Any]):
    """A resource's inputs, which a handler must use up.

    `take` hands out one input, `rest` all that are left. What a handler leaves behind would have
    been dropped in silence, so the registry refuses it.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._left = {key: copy.deepcopy(item) for key, item in values.items() if item is not None}

    def take(self, key: str, default: Any = None) -> Any:
        """The input, used up; `default` when the plan has none."""
        return self._left.pop(key, default)

    def drop(self, *keys: str) -> None:
        """Use up inputs that only steer the provider and never reach the API."""
        for key in keys:
            self._left.pop(key, None)

    def rest(self) -> dict[str, Any]:
        """All inputs not yet used, used up now."""
        left, self._left = self._left, {}
        return left

    def __getitem__(self, key: str) -> Any:
        return self._left[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._left[key] = value

    def __delitem__(self, key: str) -> None:
        del self._left[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._left)

    def __len__(self) -> int:
        return len(self._left)


@dataclass(frozen=True)
class Task:
    """What a handler works with: the resource's name, its region, and the API."""

    api: Api
    urn: str
    name: str
    region: str
    account_id: str
    invented: Mapping[str, Any]

    def send(
        self,
        service: str,
        operation: str,
        inputs: Mapping[str, Any],
        renames: Renames | None = None,
        /,
        **parameters: Any,
    ) -> ApiAnswer:
        """The operation with the plan's inputs in the API's form; `parameters` are set as given."""
        fitted = self.api.fitted(service, operation, inputs, renames)
        return self.call(service, operation, **(fitted | parameters))

    def call(self, service: str, operation: str, **parameters: Any) -> ApiAnswer:
        """The operation with parameters in the API's form already; see `Api.call`."""
        return self.api.call(service, operation, self.region, **parameters)

    def auto_name(self, output: str = "name", limit: int = 63) -> str:
        """The physical name of a resource that the program leaves to be named.

        What the recorder invented for that output, or Pulumi's pattern of name and seven digits.
        """
        invented = self.invented.get(output)
        if isinstance(invented, str) and 0 < len(invented) <= limit:
            return invented
        digest = hashlib.sha256(self.urn.encode()).hexdigest()[:7]
        return f"{self.name[: limit - 8]}-{digest}"


Handler = Callable[[Task, Inputs], Created]

_HANDLERS: dict[str, Handler] = {}

PROVIDER_INPUTS = ("region",)
"""Inputs of every resource that say where, not what; the task carries them."""


def handles(*tokens: str) -> Callable[[Handler], Handler]:
    """Register the function as the handler of these type tokens."""

    def register(handler: Handler) -> Handler:
        for token in tokens:
            if token in _HANDLERS:
                raise ValueError(f"two handlers for {token}")
            _HANDLERS[token] = handler
        return handler

    return register


def handler_of(token: str) -> Handler:
    """The type's handler. Raises MissingHandlerError, naming the type."""
    if token not in _HANDLERS:
        raise MissingHandlerError(
            f"no handler for {token}: add one under rf/shared/sandbox/handlers"
        )
    return _HANDLERS[token]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A registration to make real. `invented` is what the recorder would have answered."""

    urn: str
    token: str
    name: str
    inputs: Mapping[str, Any]
    invented: Mapping[str, Any]
    region: str


class SandboxRegistry:
    """Creates resources one at a time, and knows what became of each."""

    def __init__(self, api: Api, account_id: str) -> None:
        self.api = api
        self.account_id = account_id
        self.created: dict[str, Created] = {}
        self.not_emulated: dict[str, tuple[str, ...]] = {}

    def create(self, request: Request) -> Created:
        """Create one resource. Raises CreationError, which names the URN and the reason."""
        missing = dict(self.api.missing)
        try:
            created = self._create(request)
        except KeyError as error:
            raise CreationError(f"{request.urn}: the answer lacks {error}") from error
        except (RequestError, TranslationError, MissingHandlerError) as error:
            raise CreationError(f"{request.urn}: {error}") from error
        self.created[request.urn] = created
        lacking = [gap for gap, count in self.api.missing.items() if count > missing.get(gap, 0)]
        if lacking:
            self.not_emulated[request.urn] = tuple(gap.operation for gap in lacking)
        return created

    def _create(self, request: Request) -> Created:
        handler = handler_of(request.token)
        task = Task(
            api=self.api,
            urn=request.urn,
            name=request.name,
            region=request.region,
            account_id=self.account_id,
            invented=request.invented,
        )
        inputs = Inputs(request.inputs)
        inputs.drop(*PROVIDER_INPUTS)
        created = handler(task, inputs)
        if inputs:
            left = ", ".join(sorted(inputs))
            raise TranslationError(f"the handler of {request.token} leaves out {left}")
        return created
