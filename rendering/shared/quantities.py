"""Amounts of CPU and memory as the API server stores them.

It rewrites every quantity in its shortest form (`1000m` as `1`, `1024Mi` as `1Gi`: Kubernetes'
apimachinery, resource.Quantity's canonical form). Written in another one, an amount that nobody
changed looks changed beside what the cluster holds.
"""

from __future__ import annotations


def cpu(millicores: int) -> str:
    """An amount of CPU of 1/1000 cores: `250m`, and whole cores as `2`."""
    return _shortest(millicores, "m", 1000, "")


def memory(mib: int) -> str:
    """An amount of memory in MiB: `1536Mi`, and whole GiB as `2Gi`."""
    return _shortest(mib, "Mi", 1024, "Gi")


def _shortest(amount: int, unit: str, factor: int, larger: str) -> str:
    whole, rest = divmod(amount, factor)
    return f"{whole}{larger}" if rest == 0 else f"{amount}{unit}"
