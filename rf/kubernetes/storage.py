"""Storage classes."""

from __future__ import annotations

from rf.shared.cards.changes import REFUSED, REPLACE, Changes
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes, kubernetes_provider

CARDS = (
    kubernetes_card(
        "kubernetes:storage.k8s.io/v1:StorageClass",
        changes=Changes(
            source=(
                kubernetes_provider("provider/diff.go"),
                kubernetes('"Storage Classes" (volumes that exist are untouched)'),
            ),
            properties={
                "parameters": REPLACE,
                "provisioner": REPLACE,
                "reclaimPolicy": REFUSED,
                "volumeBindingMode": REFUSED,
            },
        ),
        price=Free(reason="paid as the volumes of that class"),
    ),
)
