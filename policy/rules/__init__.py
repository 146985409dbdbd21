"""The rules of the stack, by subject: one definition for the engine and for `rf policy`.

Imports no Pulumi and nothing else of the repository, so that the pack can run it alone.
"""

from . import citus, edge, network, observability, queue, redis
from .applications import pods, scaling
from .cluster import charts, control_plane, machines, namespaces
from .database import instances, pgbouncer
from .identity import access, audit, encryption
from .shared import buckets, program
from .shared.rule import Rule, RuleLayer

_MODULES = (
    program,
    buckets,
    access,
    encryption,
    network,
    instances,
    citus,
    pgbouncer,
    redis,
    queue,
    pods,
    scaling,
    observability,
    audit,
    control_plane,
    machines,
    charts,
    namespaces,
    edge,
)
_LAYERS = tuple(RuleLayer)

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (rule for module in _MODULES for rule in module.RULES),
        key=lambda rule: _LAYERS.index(rule.layer),
    )
)
"""Every rule, by layer, and within a layer by subject."""

BY_ID = {rule.id: rule for rule in RULES}
"""Every rule by its id."""

__all__ = ["BY_ID", "RULES", "Rule", "RuleLayer"]
