"""Where a type keeps its data, and whether it may name or stand in a place outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Residency:
    """`lies` says where. `outside` is why a resource may stand in, or name, us-east-1 though its
    stack's data must not leave another region; empty where it may not."""

    lies: str
    outside: str = ""


IN_REGION = Residency(lies="in its region")
NO_DATA = Residency(lies="it holds settings and no data")
IN_CLUSTER = Residency(lies="in the cluster's region, in etcd or on volumes there")
IN_STATE = Residency(lies="in the stack's state alone")
GLOBAL_SETTINGS = Residency(lies="it holds settings, which AWS keeps in every region, and no data")
