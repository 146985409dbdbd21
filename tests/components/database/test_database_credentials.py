"""The roles' credentials: a password each, in Secrets Manager with all it takes to connect."""

import base64
import hashlib
import json

import pulumi
import pytest

from components.database.credentials import DatabaseCredentials, DatabaseCredentialsArgs
from rendering.database.roles import ROLES, RoleKey
from rendering.database.scram import SALT_BYTES, scram_verifier
from rf.shared.plan import Secret, reveal
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.fixture
def credentials(build):
    @recorded_once
    def run(*, replicas=("b.example.com", "c.example.com"), protect=True):
        def construct(opts):
            args = DatabaseCredentialsArgs(
                place=place(protect=protect),
                keys=keys(data_arn=KEY),
                primary_address="db.example.com",
                replica_addresses=replicas,
                port=5432,
                database_name="ros",
                workflows=False,
            )
            made = DatabaseCredentials("credentials", args, opts)
            for key, role in made.roles.items():
                pulumi.export(f"{key}-password", role.password)
                pulumi.export(f"{key}-verifier", role.verifier)
                pulumi.export(f"{key}-version", role.version)
            return made

        return build(construct)

    return run


def facts_of(built, key):
    return json.loads(reveal(built.inputs(VERSION, f"credentials-{key}")["secretString"]))


def test_each_role_has_a_password_of_its_own(credentials):
    built = credentials()
    passwords = {facts_of(built, key)["password"] for key in ROLES}
    assert len(passwords) == len(ROLES) == 4
    assert all(len(password) == 32 for password in passwords)


def test_the_secrets_say_where_and_as_whom_to_connect(credentials):
    built = credentials()
    for key, role in ROLES.items():
        facts = facts_of(built, key)
        assert (facts["engine"], facts["port"], facts["dbname"]) == ("postgres", 5432, "ros")
        assert facts["username"] == role.name
    assert facts_of(built, RoleKey.APPLICATION)["hosts"] == ["db.example.com"]
    assert facts_of(built, RoleKey.MIGRATOR)["host"] == "db.example.com"
    assert facts_of(built, RoleKey.READ_ONLY)["hosts"] == ["b.example.com", "c.example.com"]


def test_reads_go_to_the_primary_where_there_is_no_replica(credentials):
    assert facts_of(credentials(replicas=()), RoleKey.READ_ONLY)["host"] == "db.example.com"


def test_the_secrets_are_encrypted_named_and_protected(credentials):
    for secret in credentials().of_type(SECRET):
        assert secret.protect
        assert secret.inputs["kmsKeyId"] == KEY
        assert secret.inputs["recoveryWindowInDays"] == 30
        assert secret.inputs["name"].startswith("researchflow-test/database/")
    for secret in credentials(protect=False).of_type(SECRET):
        assert not secret.protect
        assert secret.inputs["recoveryWindowInDays"] == 0


def test_the_verifier_is_of_the_password_and_both_are_secret(credentials):
    built = credentials()
    for key in ROLES:
        password, verifier = built.exported[f"{key}-password"], built.exported[f"{key}-verifier"]
        assert isinstance(password, Secret)
        assert isinstance(verifier, Secret)
        kind, parameters, _ = reveal(verifier).split("$")
        salt = base64.b64decode(parameters.split(":")[1])
        assert (kind, len(salt)) == ("SCRAM-SHA-256", SALT_BYTES)
        assert reveal(verifier) == scram_verifier(reveal(password), salt)
        assert reveal(password) not in built.plan.to_json()
        assert reveal(verifier) not in built.plan.to_json()
    salts = {reveal(built.exported[f"{key}-verifier"]).split("$")[1] for key in ROLES}
    assert len(salts) == len(ROLES)


def test_a_version_is_no_secret_and_that_of_the_password_alone(credentials):
    """Secrets Manager's own comes when all hosts are known: minutes after the first password."""
    built = credentials()
    versions = {built.exported[f"{key}-version"] for key in ROLES}
    assert len(versions) == len(ROLES)
    assert not any(isinstance(version, Secret) for version in versions)
    stored = {each.outputs["versionId"] for each in built.of_type(VERSION)}
    assert not versions & stored
    elsewhere = credentials(replicas=("d.example.com",))
    assert {elsewhere.exported[f"{key}-version"] for key in ROLES} == versions
    for key in ROLES:
        password = reveal(built.exported[f"{key}-password"])
        plain = hashlib.sha256(password.encode()).hexdigest()
        assert not plain.startswith(built.exported[f"{key}-version"])
