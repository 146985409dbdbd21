"""The health checks that records switch by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.aws.route53.changing import CONTROL_PLANE, retag
from rf.shared.cards.calls import Calls, Name, change, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Counted, Priced, fixed
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource


def _invented_health_check(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": f"arn:aws:route53:::healthcheck/{unique}"})


_HEALTH_CHECK = Calls(
    service="route53",
    create="CreateHealthCheck",
    read="GetHealthCheck",
    update="UpdateHealthCheck",
    delete="DeleteHealthCheck",
    name=Name(key="referenceName", parameter="CallerReference", limit=27),
    identifier="Id",
    by={"HealthCheckId": "{id}"},
    within="healthCheckConfig",
    found="HealthCheck.HealthCheckConfig",
    renames={
        "fqdn": "FullyQualifiedDomainName",
        "invertHealthcheck": "Inverted",
        "childHealthThreshold": "HealthThreshold",
    },
    outputs={"arn": "arn:aws:route53:::healthcheck/{id}"},
)


def _create_health_check(task: Task, inputs: Inputs) -> Created:
    tags = inputs.take("tags") or {}
    created = make(_HEALTH_CHECK, task, inputs)
    retag(task, "healthcheck", created.id, {}, tags)
    return created


def _update_health_check(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """By settings that stand alone, where its creation wraps them."""
    old = dict(standing.inputs)
    retag(task, "healthcheck", standing.id, old.get("tags"), inputs.take("tags"))
    # The emulator takes lists that are left out for empty ones.
    without_lists = {key: each for key, each in old.items() if not isinstance(each, list)}
    standing_by = replace(standing, inputs=without_lists)
    return change(replace(_HEALTH_CHECK, within=""), task, standing_by, inputs)


def _of(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    """The checks that it sums up."""
    if not inputs.get("childHealthchecks"):
        return None
    return sorted(inputs["childHealthchecks"]), sorted(reading.thing.get("ChildHealthChecks", []))


def _health_check(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "route53:health-check", fixed(1)
    if str(resource.inputs["type"]).startswith("HTTPS"):
        yield "route53:health-check-https", fixed(1)


CARDS = (
    Card(
        type="aws:route53/healthCheck:HealthCheck",
        computed=_invented_health_check,
        values=by_model("route53:CreateHealthCheck", "route53:UpdateHealthCheck"),
        lifecycle=_HEALTH_CHECK.lifecycle(create=_create_health_check, update=_update_health_check),
        creation=SECONDS,
        verification=Verification(
            kind="health check",
            rows={
                "type": "type",
                "name": "fqdn",
                "path": "resourcePath",
                "interval": "requestInterval",
                "failures": "failureThreshold",
                "needed": "childHealthThreshold",
                "inverted": "invertHealthcheck",
                "of": _of,
            },
        ),
        changes=Changes(
            source=(provider("route53/health_check.go"),),
            properties={
                "type": REPLACE,
                "requestInterval": REPLACE,
                "referenceName": REPLACE,
                "measureLatency": REPLACE,
                "ipAddress": IN_PLACE,
                "fqdn": IN_PLACE,
                **dict.fromkeys(
                    (
                        "port",
                        "resourcePath",
                        "searchString",
                        "failureThreshold",
                        "enableSni",
                        "childHealthThreshold",
                        "childHealthchecks",
                        "regions",
                        "cloudwatchAlarmName",
                        "cloudwatchAlarmRegion",
                        "insufficientDataHealthStatus",
                    ),
                    IN_PLACE,
                ),
                "disabled": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="it counts as healthy, and nothing fails over",
                ),
                "invertHealthcheck": PropertyRule(
                    effect=DANGEROUS, why="what is healthy counts as lost, and the other way round"
                ),
            },
        ),
        price=Priced(keys=("route53:health-check",), count=_health_check),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "route53:CreateHealthCheck",
            "route53:ChangeTagsForResource",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
