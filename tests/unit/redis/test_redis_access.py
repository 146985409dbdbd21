"""Redis logins: each application's own keys, nobody lists or administers, KEDA reads lengths."""

import pytest

from rendering.redis.access import cache_users, queue_users
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, QueueEngine, QueueSettings

QUEUES = load_plan().queue.names


def users(*clients, keda=True, **changes):
    named = {"clients": tuple(map(QueueClient, clients or ("bullmq",)))}
    jobs = QueueSettings(node_class="cache.m7g.large", nodes=2, **named, **changes)
    found = queue_users(QUEUES, jobs, scaled_by_keda=keda)
    return {user.name: user.access.split() for user in found}


def keys(access):
    return [word for word in access if word.startswith("~")]


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        (("bullmq",), ["~bull:*"]),
        (("rq",), ["~rq:*"]),
        (("bull", "bullmq", "rq"), ["~bull:*", "~bullmq:*", "~rq:*"]),
    ],
)
def test_a_worker_has_the_keys_of_its_libraries_and_no_session(clients, expected):
    assert keys(users(*clients)["worker"]) == expected


def test_only_libraries_that_publish_have_channels():
    channels = {
        client: [word for word in users(client)["worker"] if word.startswith("&")]
        for client in ("bullmq", "bull", "rq")
    }
    assert (channels["bullmq"], channels["rq"]) == ([], ["&rq:*"])
    assert "&bull:*" in channels["bull"]


def test_bulls_events_are_admitted_by_the_very_patterns_that_it_listens_to():
    events = ("active", "waiting", "stalled", "duplicated", "debounced")
    patterns = {f"&bull:{queue}:{event}*" for queue in QUEUES for event in events}
    for user in ("orchestrator", "worker"):
        assert patterns <= set(users("bull")[user])


def test_sessions_are_the_orchestrators_and_collaboration_only_reads_them():
    found = users()
    assert "~session:*" in found["orchestrator"]
    assert keys(found["collaboration"]) == ["~session:*"]
    assert "+@write" not in found["collaboration"]


def test_what_is_taken_back_stands_after_what_it_is_taken_from():
    everybody = [*users("bull", "rq").items(), *((u.name, u.access.split()) for u in cache_users())]
    for name, access in everybody:
        if name in {"keda", "exporter"}:
            # They have single commands, and nothing to take back.
            assert not [word for word in access if word.startswith("+@")]
            continue
        given = [access.index(word) for word in access if word.startswith("+@")]
        assert max(given) < access.index("-@dangerous")
        # Of what @dangerous takes back, only what a client can't do without.
        later = access[access.index("-@dangerous") :]
        assert not {"+keys", "+flushall", "+config"} & set(later)


def test_without_keda_or_jobs_in_redis_its_login_is_not_there():
    assert "keda" not in users(keda=False)
    rabbitmq = users(engine=QueueEngine.RABBITMQ)
    assert set(rabbitmq) == {"orchestrator", "collaboration", "exporter"}
    assert rabbitmq["exporter"] == ["on", "~exporter:none", "-@all", "+info"]
    assert keys(rabbitmq["orchestrator"]) == ["~session:*"]
    assert not [word for word in rabbitmq["orchestrator"] if word.startswith("&")]


def test_of_the_applications_only_the_one_that_invalidates_may_list_the_caches_keys():
    listing = {
        user.name
        for user in cache_users()
        if "+@read" in user.access.split() and "-scan" not in user.access.split()
    }
    assert listing == {"orchestrator"}
    readers = [access for access in users().values() if "+@read" in access]
    assert len(readers) == 3
    assert all("-scan" in access for access in readers)
