"""The rules of the stack, by subject: one definition for the engine and for `rf policy`.

Imports no Pulumi and nothing else of the repository, so that the pack can run it alone.
"""

from . import citus, observability, queue, recovery, redis, versions, workflows
from .applications import pods, references, room, scaling, stopping
from .cluster import addons, charts, control_plane, machines, namespaces, pools, rotation
from .database import clients, instances, operation, parameters, pgbouncer
from .edge import answers, entry, records
from .identity import access, audit, certificates, encryption, services
from .network import reach, subnets
from .shared import buckets, program
from .shared.rule import Rule, RuleLayer

_MODULES = (
    program,
    versions,
    buckets,
    access,
    services,
    certificates,
    encryption,
    reach,
    subnets,
    instances,
    parameters,
    operation,
    citus,
    pgbouncer,
    clients,
    redis,
    queue,
    pods,
    stopping,
    references,
    scaling,
    room,
    workflows,
    observability,
    audit,
    control_plane,
    addons,
    machines,
    pools,
    rotation,
    charts,
    namespaces,
    entry,
    answers,
    records,
    recovery,
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
