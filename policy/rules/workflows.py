"""Rules of Temporal, which carries what lasts longer than a job."""

from __future__ import annotations

from collections.abc import Iterator

from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import RELEASE
from .shared.values import at, is_true, listed

CONFIG = "values.server.config"


def _both_ways(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "name") != "temporal":
        return
    for part in ("frontend", "internode"):
        server = at(resource.inputs, f"{CONFIG}.tls.{part}.server", {})
        if not at(server, "certFile"):
            yield f"{part} talks without TLS"
        elif not is_true(server, "requireClientAuth") or not listed(server, "clientCaFiles"):
            yield f"{part} lets in whoever reaches it: workflows hold patients' data"
    for name, store in at(resource.inputs, f"{CONFIG}.persistence.datastores", {}).items():
        for key in ("enabled", "enableHostVerification"):
            if not is_true(store, f"sql.tls.{key}"):
                yield f"its store {name} has tls.{key} off"


RULES = (
    Rule(
        id="temporal-tls-both-ways",
        layer=RuleLayer.WORKLOADS,
        demand="Temporal asks clients for a certificate, and verifies its database.",
        reason="It has no login: whoever reaches its port starts and reads workflows.",
        source="Temporal docs, Self-hosted, Security, mTLS",
        remedy="keep `rendering/workflows/temporal_values.py` as it is",
        types=(RELEASE,),
        check=_both_ways,
    ),
)
