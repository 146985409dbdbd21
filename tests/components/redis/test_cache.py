"""The cache: cluster mode in every size, TLS and a login, eviction instead of refusal."""

import re

import pulumi
import pytest

from components.redis.cache import Cache, CacheArgs
from rendering.redis.access import cache_users, queue_users
from rf.shared.plan import Secret, reveal
from scaleplan.model import load_plan
from scaleplan.sizes import QueueSettings, Size
from tests.components.recorded_once import recorded_once
from tests.components.values import data_network, keys, place

PLAN = load_plan()
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
USER = "aws:elasticache/user:User"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def cache(build):
    @recorded_once
    def run(size=Size.MEDIUM, *, protect=True):
        def construct(opts):
            args = CacheArgs(
                place=place(protect=protect),
                keys=keys(data_arn=KEY, logs_arn=KEY),
                network=data_network(),
                settings=PLAN.sizes[size].cache,
            )
            made = Cache("cache", args, opts)
            pulumi.export("urls", made.urls)
            pulumi.export("host", made.configuration_endpoint)
            return made

        return build(construct)

    return run


@pytest.mark.parametrize("size", Size)
def test_shards_and_replicas_are_those_of_the_size(cache, size):
    settings = PLAN.sizes[size].cache
    group = cache(size).inputs(GROUP, "cache-group")
    assert group["nodeType"] == settings.node_class
    assert group["numNodeGroups"] == settings.shards
    assert group["replicasPerNodeGroup"] == settings.replicas_per_shard
    # Would exclude the two above.
    assert "numCacheClusters" not in group


@pytest.mark.parametrize("size", Size)
def test_cluster_mode_is_on_from_one_shard_up_because_toggling_it_is_a_migration(cache, size):
    built = cache(size)
    group = built.inputs(GROUP, "cache-group")
    (parameters,) = built.of_type("aws:elasticache/parameterGroup:ParameterGroup")
    assert {"name": "cluster-enabled", "value": "yes"} in parameters.inputs["parameters"]
    assert parameters.inputs["family"] == "redis7"
    assert group["clusterMode"] == "enabled"
    # AWS demands it of cluster mode, also without a replica.
    assert group["automaticFailoverEnabled"] is True


@pytest.mark.parametrize("size", Size)
def test_several_zones_are_used_exactly_where_there_are_replicas(cache, size):
    group = cache(size).inputs(GROUP, "cache-group")
    assert group["multiAzEnabled"] is (PLAN.sizes[size].cache.replicas_per_shard > 0)


def test_a_full_cache_evicts_what_is_least_used(cache):
    (parameters,) = cache().of_type("aws:elasticache/parameterGroup:ParameterGroup")
    policy = {"name": "maxmemory-policy", "value": "allkeys-lru"}
    assert policy in parameters.inputs["parameters"]


def test_an_emptied_cache_is_not_filled_from_a_snapshot_of_stale_answers(cache):
    assert cache().inputs(GROUP, "cache-group")["snapshotRetentionLimit"] == 0


def test_a_changed_number_of_shards_replaces_nothing(cache):
    # The provider replaces a group whose shards are listed one by one.
    assert "nodeGroupConfigurations" not in cache().inputs(GROUP, "cache-group")


@pytest.mark.parametrize("size", Size)
def test_what_would_replace_the_group_is_the_same_in_every_size(cache, size):
    group = cache(size).inputs(GROUP, "cache-group")
    assert group["replicationGroupId"] == "researchflow-test-cache"
    assert group["subnetGroupName"] == "researchflow-test-cache"
    assert group["atRestEncryptionEnabled"] is True
    assert group["kmsKeyId"] == KEY
    assert group["port"] == 6379
    assert (group["engine"], group["engineVersion"]) == ("redis", "7.1")


def test_connections_are_encrypted_and_logged_in(cache):
    built = cache()
    group = built.inputs(GROUP, "cache-group")
    assert group["transitEncryptionEnabled"] is True
    assert group["transitEncryptionMode"] == "required"
    assert group["userGroupIds"] == ["researchflow-test-cache"]
    assert "authToken" not in group


def test_each_application_has_its_own_login_and_the_default_user_is_off(cache):
    built = cache()
    users = {r.inputs["userName"]: r.inputs for r in built.of_type(USER)}
    assert set(users) == {"default", "orchestrator", "worker", "collaboration", "exporter"}
    assert users["default"]["accessString"] == "off ~* -@all"
    passwords = [reveal(user["passwords"])[0] for user in users.values()]
    assert len(set(passwords)) == len(passwords)


def test_the_user_group_holds_all_users(cache):
    built = cache()
    (group,) = built.of_type("aws:elasticache/userGroup:UserGroup")
    assert sorted(group.inputs["userIds"]) == sorted(
        r.inputs["userId"] for r in built.of_type(USER)
    )


def test_names_fit_elasticache_for_the_longest_stack_name():
    longest = "researchflow-" + "s" * 12
    assert len(f"{longest}-cache") <= 40
    jobs = QueueSettings(node_class="cache.t4g.small", nodes=1)
    users = [*cache_users(), *queue_users(PLAN.queue.names, jobs, scaled_by_keda=True)]
    for user in users:
        assert len(f"{longest}-queue-{user.code}") <= 40


def test_slow_commands_and_engine_messages_go_to_encrypted_groups(cache):
    built = cache()
    deliveries = built.inputs(GROUP, "cache-group")["logDeliveryConfigurations"]
    groups = {r.inputs["name"]: r.inputs for r in built.of_type("aws:cloudwatch/logGroup:LogGroup")}
    assert {delivery["logType"] for delivery in deliveries} == {"slow-log", "engine-log"}
    for delivery in deliveries:
        assert groups[delivery["destination"]]["kmsKeyId"] == KEY
        assert groups[delivery["destination"]]["retentionInDays"] > 0


def test_only_the_cluster_reaches_the_port(cache):
    (rule,) = cache().of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (6379, 6379)
    assert rule.inputs["referencedSecurityGroupId"] == "sg-0c1c2c3c4c5c6c7c8"


@pytest.mark.parametrize("protect", [True, False])
def test_protection_follows_the_stack(cache, protect):
    assert cache(protect=protect).named(GROUP, "cache-group").protect is protect


def test_the_url_speaks_tls_and_is_secret(cache):
    built = cache()
    host = built.exported["host"]
    for user, url in built.exported["urls"].items():
        assert isinstance(url, Secret)
        match = re.fullmatch(rf"rediss://{user}:(\w{{32}})@{re.escape(host)}:6379", reveal(url))
        assert match
        assert match[1] not in built.plan.to_json()
