"""What real servers the tests ask for, and how a run says where they differ from production's."""

import pytest

from rf.shared.servers.programs import MINIMUM_PGBOUNCER
from tests.services.shared.server_versions import ServerVersion, pgbouncer_version, version_table


def server(tested, production):
    return ServerVersion(server="redis", tested=tested, production=production, source="ElastiCache")


def test_no_older_pgbouncer_is_tested_than_the_image_has():
    assert ".".join(map(str, MINIMUM_PGBOUNCER)) == pgbouncer_version()


@pytest.mark.parametrize(
    ("tested", "production", "agrees"),
    [
        ("1.26.1", "1.26.1", True),
        ("16.14", "16", True),
        ("7.1.4", "7.1", True),
        ("1.24.1", "1.26.1", False),
        ("1.27.0", "1.26.1", False),
        ("7.10.0", "7.1", False),
        ("16", "16.14", False),
        ("missing", "16", False),
    ],
)
def test_a_server_agrees_as_far_as_production_is_said(tested, production, agrees):
    assert server(tested, production).agrees is agrees


def test_the_table_ends_the_lines_of_those_that_differ_with_that_word():
    text = version_table([server("8.0.2", "7.1"), server("7.1.0", "7.1")])
    head, other, same = (line.split() for line in text.splitlines())
    assert head == ["server", "tested", "production", "by"]
    assert other == ["redis", "8.0.2", "7.1", "ElastiCache", "differs"]
    assert same == ["redis", "7.1.0", "7.1", "ElastiCache"]
