"""The certificate authority inside the cluster: TLS between pods, without a service to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi_kubernetes as k8s
import pulumi_tls as tls
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.shared.computed_text import computed_text

_HOURS_A_YEAR = 365 * 24

AUTHORITY_VALIDITY_HOURS = 10 * _HOURS_A_YEAR
AUTHORITY_RENEWAL_HOURS = 2 * _HOURS_A_YEAR
"""The renewed certificate keeps key and subject, so what it signed before stays valid."""

CERTIFICATE_VALIDITY_HOURS = 2 * _HOURS_A_YEAR
CERTIFICATE_RENEWAL_HOURS = _HOURS_A_YEAR
"""Any deployment in the second year renews it: only a year without one lets it run out."""

CONFIG_MAP_NAME = "researchflow-ca"
CONFIG_MAP_KEY = "ca.crt"

_CURVE = "P256"

CertificateUse = Literal["server_auth", "client_auth"]
"""What a certificate proves: that a server is who it is called, or that a client may come in."""


@dataclass(frozen=True, kw_only=True)
class AuthorityArgs:
    """Who the authority is, and where clients find its certificate."""

    namespace: Input[str]
    """The namespace that gets the ConfigMap which clients mount."""

    organization: str
    """The stack's name, which stands in the certificates' subject."""


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate:
    """A server's certificate and its key, which is a secret."""

    certificate_pem: Output[str]
    private_key_pem: Output[str]


class Authority(ComponentResource):
    """A private authority whose keys live in the stack's encrypted state.

    It issues server certificates; clients trust it by the ConfigMap `researchflow-ca`.
    """

    certificate_pem: Output[str]
    config_map_name: Output[str]

    def __init__(self, name: str, args: AuthorityArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"validityYears": AUTHORITY_VALIDITY_HOURS // _HOURS_A_YEAR}
        super().__init__("researchflow:security:Authority", name, summary, opts)
        self._organization = args.organization
        self._key = self._private_key(name, self)
        certificate = tls.SelfSignedCert(
            f"{name}-certificate",
            private_key_pem=self._key.private_key_pem,
            is_ca_certificate=True,
            # It signs servers and no further authorities.
            max_path_length=0,
            set_subject_key_id=True,
            subject=tls.SelfSignedCertSubjectArgs(
                common_name=f"{args.organization} internal authority",
                organization=args.organization,
            ),
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=AUTHORITY_VALIDITY_HOURS,
            early_renewal_hours=AUTHORITY_RENEWAL_HOURS,
            opts=ResourceOptions(parent=self),
        )
        self.certificate_pem = computed_text(certificate.cert_pem)
        config_map = k8s.core.v1.ConfigMap(
            f"{name}-ca",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=CONFIG_MAP_NAME, namespace=args.namespace),
            data={CONFIG_MAP_KEY: self.certificate_pem},
            opts=ResourceOptions(parent=self),
        )
        # Through the object, so that what mounts it is made after it.
        self.config_map_name = config_map.id.apply(lambda _: CONFIG_MAP_NAME)
        self.register_outputs(
            {
                "certificatePem": self.certificate_pem,
                "configMapName": self.config_map_name,
            }
        )

    def issue(
        self,
        name: str,
        dns_names: Sequence[Input[str]],
        parent: Resource,
        uses: Sequence[CertificateUse] = ("server_auth",),
    ) -> IssuedCertificate:
        """A certificate for a server of these names, unless `uses` say client, or both.

        Its resources belong to `parent`.
        """
        key = self._private_key(name, parent)
        request = tls.CertRequest(
            f"{name}-certificate",
            private_key_pem=key.private_key_pem,
            dns_names=dns_names,
            subject=tls.CertRequestSubjectArgs(common_name=name, organization=self._organization),
            opts=ResourceOptions(parent=parent),
        )
        certificate = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=self._key.private_key_pem,
            ca_cert_pem=self.certificate_pem,
            allowed_uses=["digital_signature", *uses],
            validity_period_hours=CERTIFICATE_VALIDITY_HOURS,
            early_renewal_hours=CERTIFICATE_RENEWAL_HOURS,
            opts=ResourceOptions(parent=parent),
        )
        return IssuedCertificate(
            certificate_pem=computed_text(certificate.cert_pem),
            private_key_pem=Output.secret(key.private_key_pem),
        )

    def _private_key(self, name: str, parent: Resource) -> tls.PrivateKey:
        return tls.PrivateKey(
            f"{name}-key",
            algorithm="ECDSA",
            ecdsa_curve=_CURVE,
            opts=ResourceOptions(parent=parent),
        )
