"""The tables of docs/queues.md are those that the code gives."""

from rf.shared.project import PROJECT_ROOT
from tools.reference.queues import access_table, keys_table

PAGE = (PROJECT_ROOT / "docs" / "queues.md").read_text("utf-8")


def test_the_table_of_keys_is_the_generated_one():
    assert keys_table() in PAGE


def test_the_table_of_logins_is_the_generated_one():
    assert access_table() in PAGE


def test_the_page_says_that_the_libraries_need_redis():
    assert "Bull, BullMQ and RQ don't speak AMQP" in PAGE
