"""Certificates, and the wait for their proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.shared.account import usage
from rf.shared.cards.calls import AS_CREATED, Calls, Tagging, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

CONTROL_PLANE = ControlPlane(
    name="ACM, certificates of CloudFront",
    service="acm",
    goes_on="certificates that were issued are served until they end; none is renewed",
    edge=True,
)

CERTIFICATE = "aws:acm/certificate:Certificate"


def _invented_certificate(registration: Registration) -> Computed:
    arn = registration.arn("acm", f"certificate/{registration.uuid()}")
    alternatives = registration.inputs.get("subjectAlternativeNames")
    others = alternatives if isinstance(alternatives, list) else []
    domains = list(dict.fromkeys([registration.text("domainName"), *map(str, others)]))
    options = [
        {
            "domainName": domain,
            "resourceRecordName": f"_{registration.hex(32, domain)}.{domain.removeprefix('*.')}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{registration.hex(32, domain + 'v')}.acm-validations.aws.",
        }
        for domain in domains
    ]
    outputs: dict[str, Any] = {
        "arn": arn,
        "domainValidationOptions": options,
        "subjectAlternativeNames": domains,
        "status": "PENDING_VALIDATION",
        "notAfter": "",
        "notBefore": "",
    }
    return Computed(arn, outputs)


_CERTIFICATE = Calls(
    service="acm",
    create="RequestCertificate",
    read="DescribeCertificate",
    update="UpdateCertificateOptions",
    delete="DeleteCertificate",
    identifier="CertificateArn",
    by={"CertificateArn": "{id}"},
    renames={"validationOptions": "DomainValidationOptions"},
    provider_only=("earlyRenewalDuration",),
    outputs={"arn": "CertificateArn"},
    tagging=Tagging(
        add="AddTagsToCertificate",
        remove="RemoveTagsFromCertificate",
        by="CertificateArn",
        keys="Tags",
    ),
)


def _create_certificate(task: Task, inputs: Inputs) -> Created:
    """Requested, and then asked how its names are proven."""
    created = make(_CERTIFICATE, task, inputs)
    found = task.call("acm", _CERTIFICATE.read, CertificateArn=created.id)["Certificate"]
    return Created(created.id, {**created.outputs, "status": found["Status"]} | _proofs(found))


def _read_certificate(task: Task, standing: Standing) -> Reading | None:
    reading = look_up(_CERTIFICATE, task, standing)
    if reading is None:
        return None
    shown = {**reading.shown, **_proofs(reading.thing)}
    methods = [each["ValidationMethod"] for each in _options(reading.thing)]
    if methods:
        shown["validationMethod"] = methods[0]
    planned = standing.inputs.get("subjectAlternativeNames")
    if planned and {*planned, shown["domainName"]} == set(shown["subjectAlternativeNames"]):
        # The API counts the certificate's own name among them, and knows no order.
        shown["subjectAlternativeNames"] = planned
    return Reading(thing=reading.thing, shown=shown)


def _proofs(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """The records that prove whose the names are, where there are any yet."""
    records = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in _options(certificate)
        if "ResourceRecord" in option
    ]
    return {"domainValidationOptions": records} if records else {}


def _options(certificate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return certificate.get("DomainValidationOptions") or []


def _invented_certificate_validation(registration: Registration) -> Computed:
    return Computed(registration.text("certificateArn"), {})


_VALIDATION = Calls(
    service="acm",
    create="DescribeCertificate",
    read="DescribeCertificate",
    update=AS_CREATED,
    identifier="CertificateArn",
    by={"CertificateArn": "{id}"},
    provider_only=("validationRecordFqdns", "timeouts"),
)
"""Not a thing in AWS: the provider waits here until the certificate is issued. The emulator issues
on its own, so only the certificate's existence is asked for."""


CARDS = (
    Card(
        type=CERTIFICATE,
        computed=_invented_certificate,
        values=by_model("acm:RequestCertificate"),
        lifecycle=_CERTIFICATE.lifecycle(create=_create_certificate, read=_read_certificate),
        creation=SECONDS,
        verification=Verification(kind="certificate", rows={"name": "domainName"}),
        changes=Changes(
            source=(provider("acm/certificate.go"),),
            properties={
                "domainName": REPLACE,
                "subjectAlternativeNames": REPLACE,
                "validationMethod": REPLACE,
            },
        ),
        price=Free(reason="public certificates cost nothing"),
        quotas=(
            Quota(
                service="acm",
                code="L-F141DD1D",
                name="ACM certificates",
                demand=lambda need: need.in_region(CERTIFICATE, need.settings.region),
                used=usage.named("acm", "ListCertificates", "CertificateSummaryList", "DomainName"),
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "acm:RequestCertificate",
            "acm:AddTagsToCertificate",
        ),
        residency=replace(
            NO_DATA,
            outside=(
                "CloudFront takes certificates from us-east-1 alone; it holds a name and no data"
            ),
        ),
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:acm/certificateValidation:CertificateValidation",
        computed=_invented_certificate_validation,
        values=NOT_ENUMERATED,
        lifecycle=_VALIDATION.lifecycle(),
        creation=Creation(minutes=1, source=(thread("hashicorp/terraform#21687", "38 s"),)),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("acm/certificate_validation.go"),),
            properties={"certificateArn": REPLACE, "validationRecordFqdns": REPLACE},
        ),
        price=Free(reason="waits for a certificate"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("acm:DescribeCertificate",),
        residency=replace(NO_DATA, outside="belongs to that certificate"),
        control_plane=CONTROL_PLANE,
    ),
)
