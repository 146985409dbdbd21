"""Storage classes."""

from __future__ import annotations

from rf.shared.cards.changes import REFUSED, Changes
from rf.shared.cards.force_new import FORCE_NEW_SOURCE
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"

CARDS = (
    kubernetes_card(
        STORAGE_CLASS,
        values=closed_by_server(
            {
                "volumeBindingMode": frozenset({"Immediate", "WaitForFirstConsumer"}),
                "reclaimPolicy": frozenset({"Delete", "Retain"}),
            }
        ),
        changes=Changes(
            source=(
                FORCE_NEW_SOURCE,
                kubernetes('"Storage Classes" (volumes that exist are untouched)'),
            ),
            properties={
                "reclaimPolicy": REFUSED,
                "volumeBindingMode": REFUSED,
            },
        ),
        price=Free(reason="paid as the volumes of that class"),
    ),
)
