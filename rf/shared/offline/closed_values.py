"""Closed sets that botocore's models leave open, and enumerations that are not closed.

Keys are a type token and the path of an input without positions in lists.
"""

from __future__ import annotations

from collections.abc import Mapping

_RDS = "aws:rds/instance:Instance"
_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1", *map(str, range(256))})
_RETENTION_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
    *(1827, 2192, 2557, 2922, 3288, 3653),
)
_APPLY = frozenset({"immediate", "pending-reboot"})

CLOSED: Mapping[tuple[str, str], frozenset[str]] = {
    # RDS API reference, CreateDBInstance StorageType.
    (_RDS, "storageType"): frozenset({"standard", "gp2", "gp3", "io1", "io2"}),
    # RDS API reference, CreateDBInstance: the PostgreSQL logs that can be exported.
    (_RDS, "enabledCloudwatchLogsExports"): frozenset(
        {"postgresql", "upgrade", "iam-db-auth-error", "audit", "error", "general", "slowquery"}
    ),
    (_RDS, "networkType"): frozenset({"IPV4", "DUAL"}),
    # RDS API reference, ModifyDBParameterGroup; the SDK spells them in lower case.
    ("aws:rds/parameterGroup:ParameterGroup", "parameters.applyMethod"): _APPLY,
    # ElastiCache API reference, CreateReplicationGroup.
    (_GROUP, "engine"): frozenset({"redis", "valkey"}),
    (_GROUP, "authTokenUpdateStrategy"): frozenset({"SET", "ROTATE", "DELETE"}),
    ("aws:elasticache/user:User", "engine"): frozenset({"redis", "REDIS", "valkey", "VALKEY"}),
    # pulumi_aws, mq.Broker: the provider takes any case, and AWS answers in this one.
    ("aws:mq/broker:Broker", "engineType"): frozenset({"ActiveMQ", "RabbitMQ"}),
    ("aws:mq/broker:Broker", "authenticationStrategy"): frozenset({"simple", "ldap"}),
    ("aws:mq/broker:Broker", "storageType"): frozenset({"ebs", "efs"}),
    # EC2 API reference, IpPermission: names, IANA protocol numbers, or -1 for all.
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ipProtocol"): _PROTOCOLS,
    ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "ipProtocol"): _PROTOCOLS,
    # Elastic Load Balancing API reference, RedirectActionConfig.
    ("aws:lb/listener:Listener", "defaultActions.redirect.protocol"): frozenset(
        {"HTTP", "HTTPS", "#{protocol}"}
    ),
    # Elastic Load Balancing API reference, CreateLoadBalancer: the API calls it Type.
    ("aws:lb/loadBalancer:LoadBalancer", "loadBalancerType"): frozenset(
        {"application", "network", "gateway"}
    ),
    # EKS API reference, LogSetup (wrapped in the API) and CreateAddon, UpdateAddon.
    ("aws:eks/cluster:Cluster", "enabledClusterLogTypes"): frozenset(
        {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    ),
    ("aws:eks/addon:Addon", "resolveConflictsOnCreate"): frozenset({"NONE", "OVERWRITE"}),
    ("aws:eks/addon:Addon", "resolveConflictsOnUpdate"): frozenset(
        {"NONE", "OVERWRITE", "PRESERVE"}
    ),
    # EKS API reference, EncryptionConfig: the only resource there is.
    ("aws:eks/cluster:Cluster", "encryptionConfig.resources"): frozenset({"secrets"}),
    # CloudWatch Logs API reference, PutRetentionPolicy.
    ("aws:cloudwatch/logGroup:LogGroup", "retentionInDays"): frozenset(map(str, _RETENTION_DAYS)),
}

OPEN: frozenset[tuple[str, str]] = frozenset(
    {
        # The provider takes names that the API splits into several fields.
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "serviceName"),
    }
)
"""Inputs whose name meets an enumeration of the API that means something else."""
