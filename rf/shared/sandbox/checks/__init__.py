"""What is read back and compared, a file an area. Importing the package registers the checks."""

from __future__ import annotations

from rf.shared.sandbox.checks import (
    alarms,
    cluster,
    data,
    edge,
    identity,
    network,
    recovery,
    storage,
)

__all__ = [
    "alarms",
    "cluster",
    "data",
    "edge",
    "identity",
    "network",
    "recovery",
    "storage",
]
