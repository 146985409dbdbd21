"""How a resource comes to be, is read, changes and goes: what Pulumi's provider protocol asks of a
type, by its service's API.

`check` and `diff` are no business of a single card: `rf.shared.cards.diff` derives them from its
rules of change, and names from `Task.auto_name`.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rf.shared.cards.answers import ApiAnswer, Renames

if TYPE_CHECKING:
    from rf.shared.sandbox.api import Api

MANAGED = "Managed by Pulumi"
"""The provider's description of what the program leaves undescribed and the API insists on."""


@dataclass(frozen=True)
class Created:
    """A resource that was made: its real id, and the outputs that are real.

    Outputs that are left out keep the values that the recorder invented.
    """

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A resource that stands: its id, the inputs that it was last made from, and its outputs."""

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the API says of a resource.

    `thing` is the API's own description; `shown` has those of the resource's inputs and outputs
    that the description shows, by the provider's names and in its form. `untold` are those inputs
    among them that the emulator answers otherwise than they were sent.
    """

    thing: Mapping[str, Any]
    shown: Mapping[str, Any]
    untold: tuple[str, ...] = ()

    def showing(self, standing: Standing, **values: Any) -> Reading:
        """The reading with further values: those that are known of what the resource has."""
        has = {**standing.outputs, **standing.inputs}
        known = {key: value for key, value in values.items() if key in has and value is not None}
        return replace(self, shown={**self.shown, **known})


def as_planned(standing: Standing, key: str, found: Sequence[Any]) -> list[Any]:
    """A list that has no order of its own, in the order of the inputs; what they lack is last."""
    planned = list(standing.inputs.get(key) or [])
    return [each for each in planned if each in found] + [
        each for each in found if each not in planned
    ]


class Inputs(MutableMapping[str, Any]):
    """A resource's inputs, which must be used up.

    `take` hands out one input, `rest` all that are left. What is left behind would have been
    dropped in silence, so the caller refuses it.
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
    """What a card works with: the resource's name, its region, and the API.

    `invented` are the outputs that an offline plan has for it.
    """

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

    def arn(self, service: str, resource: str) -> str:
        """An ARN of the account in the resource's region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def auto_name(self, output: str = "name", limit: int = 63) -> str:
        """The physical name of a resource that the program leaves to be named.

        What the recorder invented for that output, or Pulumi's pattern of name and seven digits.
        """
        invented = self.invented.get(output)
        if isinstance(invented, str) and 0 < len(invented) <= limit:
            return invented
        digest = hashlib.sha256(self.urn.encode()).hexdigest()[:7]
        return f"{self.name[: limit - 8]}-{digest}"


Create = Callable[[Task, Inputs], Created]
Read = Callable[[Task, Standing], Reading | None]
Update = Callable[[Task, Standing, Inputs], Created]
Delete = Callable[[Task, Standing], None]


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The four ways to the API. All of them raise RequestError or TranslationError.

    - `create` makes the resource from its inputs.
    - `read` looks it up; None when it is gone.
    - `update` changes it in place from the inputs that it stands by to others; a change that
      replaces the resource never gets here.
    - `delete` takes it away; one that is gone already is no error.
    """

    create: Create
    read: Read
    update: Update
    delete: Delete
