"""Jobs and cron jobs."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REFUSED, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes, kubernetes_provider

CARDS = (
    kubernetes_card(
        "kubernetes:batch/v1:CronJob",
        changes=Unruled(),
        price=Free(reason="its pods run on the nodes"),
    ),
    kubernetes_card(
        "kubernetes:batch/v1:Job",
        changes=Changes(
            source=(
                kubernetes_provider("provider/diff.go"),
                kubernetes('"Jobs" (a template never changes)'),
            ),
            properties={
                "spec": PropertyRule(
                    effect=IN_PLACE,
                    computed=REPLACE,
                    why="deleted and made again, so that it runs once more",
                ),
                "spec.completions": REPLACE,
                "spec.parallelism": REPLACE,
                "spec.selector": REPLACE,
                "spec.template": PropertyRule(
                    effect=REPLACE, why="deleted and made again, so that it runs once more"
                ),
                "spec.podFailurePolicy": REFUSED,
            },
        ),
        price=Free(reason="its pods run on the nodes"),
    ),
)
