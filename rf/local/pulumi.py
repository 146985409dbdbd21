"""The engine's own: providers, and references to other stacks."""

from __future__ import annotations

from rf.shared.cards.changes import DANGEROUS, IN_PLACE, Changes, Effect, PropertyRule
from rf.shared.cards.inventing import physical_name
from rf.shared.cards.kinds import local_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import FactSource, kubernetes_provider, provider
from rf.shared.offline.invention import Computed, Registration

PROVIDER = "pulumi:providers:"
"""How the types of providers begin."""

AWS_PROVIDER = f"{PROVIDER}aws"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


def _invented_provider(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


_ENGINE = FactSource(
    name="Pulumi", page='"Resources", "Providers" and "Stack references"', version="3.272"
)
_PLUGIN_ALONE: dict[str, Effect] = dict.fromkeys(("version", "pluginDownloadURL"), IN_PLACE)
_PLUGIN = Changes(source=(_ENGINE,), properties=_PLUGIN_ALONE)
_AWS_ARGUMENTS = Changes(
    source=(provider('"default_tags", and region of every resource'), _ENGINE),
    properties={
        **_PLUGIN_ALONE,
        "region": PropertyRule(
            effect=DANGEROUS,
            why="what has no region of its own is made anew in the other one, and deleted here",
        ),
        "defaultTags": IN_PLACE,
        **dict.fromkeys(
            ("allowedAccountIds", "skipCredentialsValidation", "skipRegionValidation"), IN_PLACE
        ),
    },
)
_KUBERNETES_ARGUMENTS = Changes(
    source=(kubernetes_provider("provider/provider.go (DiffConfig), provider/diff.go"),),
    properties={
        **_PLUGIN_ALONE,
        "kubeconfig": PropertyRule(
            effect=IN_PLACE, why="for another cluster every object is made anew, in that one"
        ),
        # Each ConfigMap and Secret that changes is judged by these.
        **dict.fromkeys(("enableConfigMapMutable", "enableSecretMutable"), IN_PLACE),
        "enableServerSideApply": PropertyRule(
            to={"true": IN_PLACE},
            effect=DANGEROUS,
            why="what others set in an object, as an autoscaler its replicas, would be overwritten",
        ),
    },
)
_READ = Changes(source=(_ENGINE,), properties={"name": IN_PLACE})


CARDS = (
    local_card(
        AWS_PROVIDER,
        computed=_invented_provider,
        changes=_AWS_ARGUMENTS,
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}kubernetes",
        computed=_invented_provider,
        changes=_KUBERNETES_ARGUMENTS,
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}random",
        computed=_invented_provider,
        changes=_PLUGIN,
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}tls",
        computed=_invented_provider,
        changes=_PLUGIN,
        price=Free(reason="no resource"),
    ),
    local_card(
        STACK_REFERENCE,
        computed=physical_name,
        changes=_READ,
        price=Free(reason="reads another stack's outputs"),
    ),
)
