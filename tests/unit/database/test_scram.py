"""SCRAM verifiers are those that PostgreSQL itself makes."""

import base64

import pytest

from rendering.database.scram import scram_verifier

SALT = bytes(range(16))


def test_a_verifier_is_the_one_that_postgresql_stores():
    # From RFC 7677's example: password, salt, iterations, and the server signature's key.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram_verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_it_is_the_same_at_every_run_and_another_with_another_salt():
    assert scram_verifier("Password1", SALT) == scram_verifier("Password1", SALT)
    assert scram_verifier("Password1", SALT) != scram_verifier("Password1", bytes(16))
    assert "Password1" not in scram_verifier("Password1", SALT)


@pytest.mark.parametrize("password", ["", "naïve", "a\tb"])
def test_a_password_that_clients_might_normalise_is_refused(password):
    with pytest.raises(ValueError, match="printable ASCII"):
        scram_verifier(password, SALT)


def test_a_short_salt_is_refused():
    with pytest.raises(ValueError, match="a salt of 8 bytes"):
        scram_verifier("Password1", SALT[:8])
