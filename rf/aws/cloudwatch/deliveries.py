"""Logs that CloudFront delivers: from where, to where, and what of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.aws.cloudwatch.logs import TAGGING
from rf.shared.account.names import described, of_stack, pairs
from rf.shared.cards.calls import AS_CREATED, Calls, Name
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Reading
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner


def _invented_delivery(registration: Registration) -> Computed:
    unique = registration.letters(16)
    return Computed(unique, {"arn": registration.arn("logs", f"delivery:{unique}")})


_DELIVERY = Calls(
    service="logs",
    create="CreateDelivery",
    read="GetDelivery",
    update="UpdateDeliveryConfiguration",
    delete="DeleteDelivery",
    identifier="id",
    by={"id": "{id}"},
    outputs={"arn": "arn"},
    tagging=TAGGING,
)


def _fields(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return list(inputs.get("recordFields") or []), reading.thing.get("recordFields", [])


def _invented_log_delivery(kind: str) -> Invent:
    """What CloudWatch Logs knows by name: a source or a destination of delivered logs."""

    def invent(registration: Registration) -> Computed:
        name = registration.named()
        arn = registration.arn("logs", f"{kind}:{name}")
        return Computed(name, {"name": name, "arn": arn, "service": "cloudfront"})

    return invent


_DESTINATION = Calls(
    service="logs",
    create="PutDeliveryDestination",
    read="GetDeliveryDestination",
    update=AS_CREATED,
    delete="DeleteDeliveryDestination",
    name=Name(parameter="name", limit=60),
    outputs={"arn": "arn"},
    tagging=TAGGING,
)


_SOURCE = Calls(
    service="logs",
    create="PutDeliverySource",
    read="GetDeliverySource",
    update=AS_CREATED,
    delete="DeleteDeliverySource",
    name=Name(parameter="name", limit=60),
    outputs={"arn": "arn"},
    tagging=TAGGING,
)


_AT_CLOUDFRONT = replace(
    NO_DATA,
    outside="the access log's delivery is configured in us-east-1; its bucket stands in the cell",
)


def _source_state(account: Account, owner: Owner, name: str) -> Answer:
    """PutDeliverySource overwrites one of that name without a word."""
    found = described(account, "logs", "GetDeliverySource", "deliverySource", name=name)
    return of_stack(owner, found, lambda each: pairs(each.get("tags")))


def _destination_state(account: Account, owner: Owner, name: str) -> Answer:
    """PutDeliveryDestination overwrites one of that name without a word."""
    found = described(account, "logs", "GetDeliveryDestination", "deliveryDestination", name=name)
    return of_stack(owner, found, lambda each: pairs(each.get("tags")))


CARDS = (
    Card(
        type="aws:cloudwatch/logDelivery:LogDelivery",
        computed=_invented_delivery,
        values=NOT_ENUMERATED,
        lifecycle=_DELIVERY.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="log delivery",
            rows={
                "source": "deliverySourceName",
                "destination": "deliveryDestinationArn",
                "fields": _fields,
            },
        ),
        changes=Changes(
            source=(provider("logs/delivery.go"),),
            properties={
                "deliveryDestinationArn": REPLACE,
                "deliverySourceName": REPLACE,
                "recordFields": IN_PLACE,
                "fieldDelimiter": IN_PLACE,
                "s3DeliveryConfigurations": IN_PLACE,
            },
        ),
        price=Free(reason="paid as the logs it delivers"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:CreateDelivery",),
        residency=_AT_CLOUDFRONT,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        computed=_invented_log_delivery("delivery-destination"),
        values=NOT_ENUMERATED,
        lifecycle=_DESTINATION.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("logs/delivery_destination.go"),),
            properties={
                "name": REPLACE,
                "outputFormat": REPLACE,
                "deliveryDestinationType": REPLACE,
                "deliveryDestinationConfiguration": PropertyRule(effect=IN_PLACE, computed=REPLACE),
            },
        ),
        price=Free(reason="paid as the logs it takes"),
        quotas=NO_QUOTA,
        naming=Naming(title="log destination", key="name", state=_destination_state),
        permissions=("logs:PutDeliveryDestination",),
        residency=_AT_CLOUDFRONT,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logDeliverySource:LogDeliverySource",
        computed=_invented_log_delivery("delivery-source"),
        values=NOT_ENUMERATED,
        lifecycle=_SOURCE.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("logs/delivery_source.go (no update)"),),
            properties={"name": REPLACE, "logType": REPLACE, "resourceArn": REPLACE},
        ),
        price=Free(reason="paid as the logs it gives"),
        quotas=NO_QUOTA,
        naming=Naming(title="log source", key="name", state=_source_state),
        permissions=(
            "logs:PutDeliverySource",
            "cloudfront:AllowVendedLogDeliveryForResource",
        ),
        residency=_AT_CLOUDFRONT,
        control_plane=REGIONAL,
    ),
)
