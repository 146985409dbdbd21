"""Connection URLs: what stands in the secrets that applications read."""

from __future__ import annotations

from urllib.parse import quote

CA_DIRECTORY = "/etc/researchflow/ca"
"""Where pods mount the certificate of the in-cluster authority."""

CA_FILE = f"{CA_DIRECTORY}/ca.crt"

KEY_PREFIX_SESSION = "session:"
"""Beginning of each session's key, so that sessions and jobs never meet in the same Redis."""


def postgres_url(
    user: str, password: str, host: str, port: int, database: str, *, ca_file: str = CA_FILE
) -> str:
    """`postgresql://` URL that verifies certificate and name of the server (libpq, sslmode)."""
    credentials = f"{_escaped(user)}:{_escaped(password)}"
    address = f"{host}:{port}/{_escaped(database)}"
    return f"postgresql://{credentials}@{address}?sslmode=verify-full&sslrootcert={ca_file}"


def redis_url(user: str, password: str, host: str, port: int) -> str:
    """`rediss://` URL: Redis over TLS, whose public certificate every client can verify."""
    return f"rediss://{_escaped(user)}:{_escaped(password)}@{host}:{port}"


def with_login(endpoint: str, user: str, password: str) -> str:
    """The URL of an endpoint `scheme://host:port` with a login."""
    scheme, _, address = endpoint.partition("://")
    return f"{scheme}://{_escaped(user)}:{_escaped(password)}@{address}"


def _escaped(part: str) -> str:
    """Percent-encoded whole: `quote` leaves `/` alone unless told, and a password may hold one."""
    return quote(part, safe="")
