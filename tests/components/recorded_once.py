"""What the tests of a component look at, recorded once for all that ask for the same."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Recorded = TypeVar("Recorded")

_RECORDED: dict[tuple[str, str, str], tuple[object, Any]] = {}
"""By module, function and the arguments' text; the arguments stay, so that no later one's text,
which may say nothing but where it lies in memory, is theirs."""


def recorded_once(record: Callable[Asked, Recorded]) -> Callable[Asked, Recorded]:
    """`record`, asked once for the same arguments, named or by default: nobody changes what was
    registered."""
    parameters = signature(record)

    @wraps(record)
    def known(*args: Asked.args, **kwargs: Asked.kwargs) -> Recorded:
        given = parameters.bind(*args, **dict(sorted(kwargs.items())))
        given.apply_defaults()
        asked = (record.__module__, record.__qualname__, repr(given.arguments))
        if asked not in _RECORDED:
            _RECORDED[asked] = (given, record(*args, **kwargs))
        return _RECORDED[asked][1]

    return known
