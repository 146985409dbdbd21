"""Certificates, and the wait for their proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import Residency
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

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


def _create_certificate(task: Task, inputs: Inputs) -> Created:
    imported = "certificateBody" in inputs
    if imported:
        answer = task.send(
            "acm", "ImportCertificate", inputs.rest(), {"certificateBody": "Certificate"}
        )
        return Created(answer["CertificateArn"], {"arn": answer["CertificateArn"]})
    arn = task.send(
        "acm",
        "RequestCertificate",
        inputs.rest(),
        {
            "validationOptions": "DomainValidationOptions",
            "certificateTransparencyLoggingPreference": "CertificateTransparencyLoggingPreference",
        },
    )["CertificateArn"]
    described = task.call("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    proofs = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in described.get("DomainValidationOptions", [])
        if "ResourceRecord" in option
    ]
    known: dict[str, Any] = {"arn": arn, "status": described["Status"]}
    return Created(arn, known | ({"domainValidationOptions": proofs} if proofs else {}))


def _verify_certificate(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """The names it is for."""
    actual = reader.read("acm", "DescribeCertificate", CertificateArn=identifier)["Certificate"]
    yield "name", inputs["domainName"], actual["DomainName"]


def _invented_certificate_validation(registration: Registration) -> Computed:
    return Computed(registration.text("certificateArn"), {})


def _create_certificate_validation(task: Task, inputs: Inputs) -> Created:
    """Not a thing in AWS: the provider waits here until the certificate is issued.

    The emulator issues on its own, so only the certificate's existence is asked for.
    """
    arn = inputs.take("certificateArn")
    inputs.drop("validationRecordFqdns", "timeouts")
    task.call("acm", "DescribeCertificate", CertificateArn=arn)
    return Created(arn, {"certificateArn": arn})


CARDS = (
    Card(
        type=CERTIFICATE,
        computed=_invented_certificate,
        values=by_model("acm:RequestCertificate"),
        lifecycle=Calls(service="acm", create="RequestCertificate").lifecycle(
            create=_create_certificate
        ),
        verification=Verification(kind="certificate", more=_verify_certificate),
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
        residency=Residency(
            lies="it holds settings and no data",
            outside=(
                "CloudFront takes certificates from us-east-1 alone; it holds a name and no data"
            ),
        ),
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:acm/certificateValidation:CertificateValidation",
        computed=_invented_certificate_validation,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="acm", create="?").lifecycle(create=_create_certificate_validation),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="waits for a certificate"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("acm:DescribeCertificate",),
        residency=Residency(
            lies="it holds settings and no data", outside="belongs to that certificate"
        ),
        control_plane=CONTROL_PLANE,
    ),
)
