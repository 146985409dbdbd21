"""The rules of the stack, by layer: one definition for the engine and for `rf policy`.

Imports no Pulumi and nothing else of the repository, so that the pack can run it alone.
"""

from . import (
    audit,
    cluster,
    database,
    edge,
    identity,
    namespaces,
    network,
    pods,
    program,
    redis,
    scaling,
    storage,
)
from .rule import Layer, Rule

_MODULES = (
    program,
    identity,
    network,
    storage,
    audit,
    database,
    redis,
    cluster,
    pods,
    namespaces,
    scaling,
    edge,
)

RULES: tuple[Rule, ...] = tuple(rule for module in _MODULES for rule in module.RULES)
"""Every rule, by layer."""

BY_ID = {rule.id: rule for rule in RULES}
"""Every rule by its id."""

__all__ = ["BY_ID", "RULES", "Layer", "Rule"]
