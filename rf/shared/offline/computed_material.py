"""Invented outputs of what is made, not rented: random values, TLS material, Kubernetes objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.offline import pem
from rf.shared.offline.invention import Computed, Invent, Registration, merged
from rf.shared.plan import Secret


def _password(registration: Registration) -> Computed:
    """As long as asked, of letters and digits only: safe in URLs and in every config file."""
    length = int(registration.inputs.get("length", 32))
    text = "".join(registration.hex(64, f"result{part}") for part in range(length // 64 + 1))
    return Computed(
        "none",
        {"result": Secret(text[:length]), "bcryptHash": Secret(f"$2a$10${registration.hex(53)}")},
    )


def _random_string(registration: Registration) -> Computed:
    computed = _password(registration)
    text = computed.outputs["result"].value
    return Computed(text, {"result": text})


def _random_id(registration: Registration) -> Computed:
    digits = registration.hex(2 * int(registration.inputs.get("byteLength", 8)))
    return Computed(
        digits, {"hex": digits, "b64Url": digits, "b64Std": digits, "dec": str(int(digits, 16))}
    )


def _random_uuid(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {"result": registration.uuid()})


def _private_key(registration: Registration) -> Computed:
    private = Secret(pem.private_key_text(registration))
    outputs: dict[str, Any] = {
        "privateKeyPem": private,
        "privateKeyPemPkcs8": private,
        "privateKeyOpenssh": private,
        "publicKeyPem": pem.public_key_text(registration),
        "publicKeyOpenssh": f"ssh-ed25519 {registration.letters(43)}",
        "publicKeyFingerprintMd5": registration.hex(32, "md5"),
        "publicKeyFingerprintSha256": f"SHA256:{registration.letters(43, 'sha')}",
    }
    return Computed(registration.hex(40), outputs)


def _certificate(registration: Registration) -> Computed:
    subject = registration.inputs.get("subject")
    common_name = subject.get("commonName") if isinstance(subject, Mapping) else None
    names = registration.inputs.get("dnsNames")
    dns_names = [str(name) for name in names] if isinstance(names, list) else []
    text = pem.certificate_text(registration, str(common_name or registration.name), dns_names)
    return Computed(
        registration.hex(39),
        {
            "certPem": text,
            "readyForRenewal": False,
            "validityStartTime": "2026-01-01T00:00:00Z",
            "validityEndTime": "2049-12-31T23:59:59Z",
        },
    )


def _certificate_request(registration: Registration) -> Computed:
    subject = registration.inputs.get("subject")
    common_name = subject.get("commonName") if isinstance(subject, Mapping) else None
    text = pem.request_text(registration, str(common_name or registration.name))
    return Computed(registration.hex(40), {"certRequestPem": text})


def _provider(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


def kubernetes_object(registration: Registration) -> Computed:
    """An API server's answer: the object itself, with the metadata that it adds."""
    stated = registration.inputs.get("metadata")
    metadata: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
    name = str(metadata.get("name") or f"{registration.name}-{registration.hex(8, 'name')}")
    added: dict[str, Any] = {"name": name, "uid": registration.uuid(), "resourceVersion": "1"}
    namespace = metadata.get("namespace")
    if namespace is not None:
        added["namespace"] = namespace
    object_id = f"{namespace}/{name}" if namespace else name
    return Computed(object_id, {"metadata": merged(metadata, added)})


def _release(registration: Registration) -> Computed:
    name = registration.named()
    namespace = registration.text("namespace", "default")
    status = {
        "name": name,
        "namespace": namespace,
        "revision": 1,
        "status": "deployed",
        "chart": registration.text("chart"),
        "version": registration.text("version"),
        "appVersion": registration.text("version"),
    }
    outputs = {"name": name, "namespace": namespace, "status": status, "resourceNames": {}}
    return Computed(f"{namespace}/{name}", outputs)


REGISTRY: Mapping[str, Invent] = {
    "random:index/randomPassword:RandomPassword": _password,
    "random:index/randomString:RandomString": _random_string,
    "random:index/randomId:RandomId": _random_id,
    "random:index/randomUuid:RandomUuid": _random_uuid,
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/selfSignedCert:SelfSignedCert": _certificate,
    "tls:index/locallySignedCert:LocallySignedCert": _certificate,
    "tls:index/certRequest:CertRequest": _certificate_request,
    "kubernetes:helm.sh/v3:Release": _release,
    "pulumi:providers:aws": _provider,
    "pulumi:providers:kubernetes": _provider,
    "pulumi:providers:random": _provider,
    "pulumi:providers:tls": _provider,
}
