"""Faults of Redis, RabbitMQ, buckets, keys, secrets and images."""

from __future__ import annotations

from policy.rules import redis, storage
from policy.rules.storage import BUCKET
from tests.configurations import RABBITMQ
from tests.faults.change import parameter, put, remove, text
from tests.faults.fault import Fault, breaks

CACHE = f"{redis.GROUP}::cache-group"
QUEUE = f"{redis.GROUP}::queue-group"

REDIS: tuple[Fault, ...] = (
    breaks(
        "redis-encrypted", "the cache without TLS", CACHE, put("transitEncryptionEnabled", False)
    ),
    breaks(
        "redis-encrypted",
        "the queue lets clients choose TLS",
        QUEUE,
        put("transitEncryptionMode", "preferred"),
    ),
    breaks(
        "redis-encrypted",
        "the queue is stored in the clear",
        QUEUE,
        put("atRestEncryptionEnabled", False),
    ),
    breaks("redis-authenticated", "the cache asks for no password", CACHE, remove("userGroupIds")),
    breaks(
        "redis-users-narrow",
        "the default user is on",
        f"{redis.USER}::cache-foundation-off",
        put("accessString", "on ~* +@all"),
    ),
    breaks(
        "redis-users-narrow",
        "a worker may run FLUSHALL",
        f"{redis.USER}::cache-foundation-worker",
        put("accessString", "on ~flag:* +@all"),
    ),
    breaks(
        "redis-survives-zone", "the queue's replica is dropped", QUEUE, put("numCacheClusters", 1)
    ),
    breaks(
        "redis-survives-zone", "the cache stands in one zone", CACHE, put("multiAzEnabled", False)
    ),
    breaks(
        "redis-survives-zone",
        "the cache waits for a person",
        CACHE,
        put("automaticFailoverEnabled", False),
    ),
    breaks(
        "queue-noeviction",
        "the queue evicts jobs",
        f"{redis.PARAMETERS}::queue-redis7",
        parameter("maxmemory-policy", "allkeys-lru"),
    ),
    breaks(
        "cache-evicts",
        "the cache refuses writes when full",
        f"{redis.PARAMETERS}::cache-redis7",
        parameter("maxmemory-policy", "noeviction"),
    ),
    breaks("queue-not-a-cluster", "the queue is a cluster", QUEUE, put("clusterMode", "enabled")),
    breaks("queue-snapshots", "no snapshot of the queue", QUEUE, put("snapshotRetentionLimit", 0)),
    breaks("stateful-protected", "the queue loses its protect", QUEUE, bare=True),
    breaks(
        "broker-private-and-logged",
        "RabbitMQ is public",
        "aws:mq/broker:Broker::broker-cluster",
        put("publiclyAccessible", True),
        overrides=RABBITMQ,
    ),
    breaks(
        "broker-private-and-logged",
        "RabbitMQ in one zone",
        "aws:mq/broker:Broker::broker-cluster",
        put("deploymentMode", "SINGLE_INSTANCE"),
        overrides=RABBITMQ,
    ),
    breaks(
        "urls-say-tls",
        "a queue's URL without TLS",
        "kubernetes:core/v1:Secret::connections-orchestrator",
        put("stringData.QUEUE_URL", "redis://queue:6379/0"),
    ),
)

STORAGE: tuple[Fault, ...] = (
    breaks(
        "bucket-not-public",
        "the artifacts' public access block is gone",
        f"{storage.BLOCK}::artifacts-private",
        drop=True,
    ),
    breaks(
        "bucket-not-public",
        "the audit bucket may get a public policy",
        f"{storage.BLOCK}::audit-private",
        put("blockPublicPolicy", False),
    ),
    breaks(
        "bucket-encrypted",
        "artifacts under S3's own key",
        f"{storage.ENCRYPTION}::artifacts-encryption",
        put("rules[0].applyServerSideEncryptionByDefault", {"sseAlgorithm": "AES256"}),
    ),
    breaks(
        "bucket-encrypted",
        "the backups' encryption is gone",
        f"{storage.ENCRYPTION}::citus-backups-encryption",
        drop=True,
    ),
    breaks(
        "bucket-versioned",
        "artifacts lose their versions",
        f"{storage.VERSIONING}::artifacts-versions",
        put("versioningConfiguration.status", "Suspended"),
    ),
    breaks(
        "bucket-tls-only",
        "artifacts over plain HTTP",
        f"{storage.BUCKET_POLICY}::artifacts-tls-only",
        drop=True,
    ),
    breaks(
        "bucket-tls-only",
        "the audit bucket's TLS statement is turned round",
        f"{storage.BUCKET_POLICY}::audit-tls-only",
        text("policy", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'),
    ),
    breaks(
        "bucket-without-acl",
        "artifacts take access control lists",
        f"{storage.OWNERSHIP}::artifacts-ownership",
        put("rule.objectOwnership", "ObjectWriter"),
    ),
    breaks(
        "store-not-emptied",
        "the artifacts' bucket is deleted when full",
        f"{BUCKET}::artifacts-bucket",
        put("forceDestroy", True),
    ),
    breaks(
        "stateful-protected",
        "the artifacts' bucket loses its protect",
        f"{BUCKET}::artifacts-bucket",
        bare=True,
    ),
    breaks(
        "key-rotated",
        "the data key is never rotated",
        "aws:kms/key:Key::encryption-data",
        put("enableKeyRotation", False),
    ),
    breaks(
        "key-recoverable",
        "the data key dies in a week",
        "aws:kms/key:Key::encryption-data",
        put("deletionWindowInDays", 7),
    ),
    breaks(
        "secret-encrypted-and-kept",
        "a secret under the account's key",
        "aws:secretsmanager/secret:Secret::database-connection",
        remove("kmsKeyId"),
    ),
    breaks(
        "secret-encrypted-and-kept",
        "a secret is deleted at once",
        "aws:secretsmanager/secret:Secret::database-connection",
        put("recoveryWindowInDays", 0),
    ),
    breaks(
        "images-immutable",
        "a tag can be moved",
        "aws:ecr/repository:Repository::registry-worker",
        put("imageTagMutability", "MUTABLE"),
    ),
    breaks(
        "images-immutable",
        "images are not scanned",
        "aws:ecr/repository:Repository::registry-worker",
        put("imageScanningConfiguration.scanOnPush", False),
    ),
    breaks(
        "messages-encrypted",
        "alerts in the clear",
        "aws:sns/topic:Topic::observability-topics-pages",
        remove("kmsMasterKeyId"),
    ),
    breaks(
        "volumes-encrypted",
        "Citus' volumes in the clear",
        "kubernetes:storage.k8s.io/v1:StorageClass::citus-cluster-volumes",
        put("parameters.encrypted", "false"),
    ),
)

FAULTS = (*REDIS, *STORAGE)
