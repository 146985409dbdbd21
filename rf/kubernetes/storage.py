"""Storage classes."""

from __future__ import annotations

from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REFUSED, REPLACE, Changes, PropertyRule
from rf.shared.cards.force_new import FORCE_NEW_SOURCE
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import guide, kubernetes

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"

_ANOTHER_CLASS = "make a class of another name beside it, with the new value"
_FIXED = PropertyRule(
    effect=REFUSED,
    why="the API server takes no other one for a class that exists",
    way=(_ANOTHER_CLASS, "let new claims name that one; claims that exist stay as they are"),
)
_OF_NEW_VOLUMES = PropertyRule(
    effect=REPLACE,
    outage="none; while the class is gone, for seconds, no claim of it is bound",
    why=(
        "volumes that exist keep what they were made with; give each the new figures by hand: aws"
        " ec2 modify-volume --volume-id ID --iops N --throughput N, once in six hours"
    ),
    source=(
        FORCE_NEW_SOURCE,
        guide("EBS user guide", "Modify an Amazon EBS volume using Elastic Volumes operations"),
    ),
)


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
                "reclaimPolicy": PropertyRule(
                    effect=REFUSED,
                    why=(
                        "a class keeps the policy it was made with; under Delete a volume goes with"
                        " its claim, and the data with it"
                    ),
                    way=(
                        _ANOTHER_CLASS,
                        "let new claims name that one; of a volume that exists it is set by hand:"
                        " kubectl patch pv NAME -p"
                        """ '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'""",
                    ),
                ),
                "volumeBindingMode": _FIXED,
                "allowedTopologies": _FIXED,
                "allowVolumeExpansion": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="no claim of the class could be enlarged any more",
                ),
                **dict.fromkeys(("parameters", "provisioner"), _OF_NEW_VOLUMES),
                "mountOptions": IN_PLACE,
            },
        ),
        price=Free(reason="paid as the volumes of that class"),
    ),
)
