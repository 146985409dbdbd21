"""Jobs and cron jobs."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REFUSED, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.force_new import FORCE_NEW_SOURCE
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import assumed, kubernetes

CRON_JOB = "kubernetes:batch/v1:CronJob"

_RUNS_ONCE_MORE = "deleted and made again, so that it runs once more"

CARDS = (
    kubernetes_card(
        CRON_JOB,
        values=closed_by_server(
            {"spec.concurrencyPolicy": frozenset({"Allow", "Forbid", "Replace"})}
        ),
        changes=Changes(
            source=(
                kubernetes('"CronJob, Modifying a CronJob (jobs that run keep their template)"'),
            ),
            properties={"spec": IN_PLACE},
        ),
        price=Free(reason="its pods run on the nodes"),
    ),
    kubernetes_card(
        "kubernetes:batch/v1:Job",
        creation=Creation(
            minutes=1, source=(assumed("an image is pulled, and it works for some seconds"),)
        ),
        changes=Changes(
            source=(FORCE_NEW_SOURCE, kubernetes('"Jobs" (a template never changes)')),
            properties={
                "spec": PropertyRule(effect=IN_PLACE, computed=REPLACE, why=_RUNS_ONCE_MORE),
                "spec.podFailurePolicy": PropertyRule(
                    effect=REFUSED,
                    why="the API server takes none for a Job that exists",
                    way=(
                        "delete the Job, once its run has ended",
                        "deploy: it is made with the new policy, and runs once more",
                    ),
                ),
            },
        ),
        why=_RUNS_ONCE_MORE,
        price=Free(reason="its pods run on the nodes"),
    ),
)
