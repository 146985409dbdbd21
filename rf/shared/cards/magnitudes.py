"""Which of two values is the larger: numbers, versions, amounts and times, as they are spelt."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Magnitude = tuple[float, ...]

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|KiB|MiB|GiB|TiB|KB|MB|GB|TB)?")
_TIME = re.compile(r"(?:\d+(?:ms|s|m|h|d|w|y))+")
_TIME_PART = re.compile(r"(\d+)(ms|s|m|h|d|w|y)")

_DECIMAL = {"": 1.0, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BINARY = {"K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40, "P": 2.0**50}
_SECONDS = {"ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


def direction(old: Any, new: Any) -> int:
    """1 where `new` is larger, -1 where it is smaller, 0 where neither can be said."""
    for read in _READERS:
        left, right = read(old), read(new)
        if left is not None and right is not None:
            return (right > left) - (right < left)
    return 0


def is_another_major(old: Any, new: Any) -> bool:
    """Whether both are versions, and the new one's first number is the larger."""
    left, right = _version(old), _version(new)
    return left is not None and right is not None and right[0] > left[0]


def skips_a_minor(old: Any, new: Any) -> bool:
    """Whether both are versions of one major, and a minor between them is left out."""
    left, right = _version(old), _version(new)
    if left is None or right is None or min(len(left), len(right)) < 2:
        return False
    return left[0] == right[0] and right[1] - left[1] > 1


def _version(value: Any) -> Magnitude | None:
    """A number, or a version as `16.4`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return (float(value),)
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    return tuple(float(part) for part in match[1].split(".")) if match else None


def _amount(value: Any) -> Magnitude | None:
    """An amount of bytes or of processors, as Kubernetes and Prometheus spell it: `200Gi`."""
    match = _AMOUNT.fullmatch(str(value)) if not isinstance(value, bool) else None
    if match is None:
        return None
    unit = match[2] or ""
    factor = _BINARY[unit[0]] if "i" in unit else _DECIMAL[unit[:1]]
    return (float(match[1]) * factor,)


def _time(value: Any) -> Magnitude | None:
    """A time as `7d` or `1h30m`, in seconds."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    return (sum(int(number) * _SECONDS[unit] for number, unit in _TIME_PART.findall(value)),)


_READERS: tuple[Callable[[Any], Magnitude | None], ...] = (_version, _amount, _time)
