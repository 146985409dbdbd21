"""Connection URLs: a client that takes one apart gets back exactly what was put in."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from rendering.shared.connection_urls import CA_FILE, postgres_url, redis_url

AWKWARD = ["plain", "p@ss:w/rd", "100%", "a b?c#d&e=f", "ü+ü"]


@pytest.mark.parametrize("password", AWKWARD)
def test_a_postgres_url_survives_any_password(password):
    parts = urlsplit(
        postgres_url("ros", password, "pgbouncer.researchflow.svc", 5432, "researchflow")
    )
    assert (parts.scheme, parts.hostname, parts.port) == (
        "postgresql",
        "pgbouncer.researchflow.svc",
        5432,
    )
    assert (parts.username, parts.path) == ("ros", "/researchflow")
    assert unquote(parts.password or "") == password


def test_a_postgres_url_demands_a_verified_server():
    query = parse_qs(urlsplit(postgres_url("u", "p", "h", 5432, "d")).query)
    assert query == {"sslmode": ["verify-full"], "sslrootcert": [CA_FILE]}


@pytest.mark.parametrize("password", AWKWARD)
def test_a_redis_url_speaks_tls_and_survives_any_password(password):
    parts = urlsplit(redis_url("researchflow", password, "cache.example.com", 6379))
    assert (parts.scheme, parts.hostname, parts.port) == ("rediss", "cache.example.com", 6379)
    assert parts.username == "researchflow"
    assert unquote(parts.password or "") == password
