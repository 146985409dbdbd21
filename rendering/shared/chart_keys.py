"""What a list of a chart's value keys is."""

from __future__ import annotations

from dataclasses import dataclass

ANY_KEY = ".*"
"""Ends a listed key that holds a free object: labels, resources, Kubernetes' own structures."""


@dataclass(frozen=True, kw_only=True)
class ChartValues:
    """The keys in use of one chart at one version. `source` is the repository, its tag or commit,
    and the path of the values file."""

    chart: str
    version: str
    source: str
    keys: frozenset[str]

    def allows(self, key: str) -> bool:
        """Whether the key is listed, or lies in a listed free object."""
        # A free object may be empty, as a selector of any node is.
        if {key, f"{key}{ANY_KEY}"} & self.keys:
            return True
        parts = key.split(".")
        above = (".".join(parts[:count]) for count in range(1, len(parts)))
        return any(f"{parent}{ANY_KEY}" in self.keys for parent in above)
