"""Invented ids and outputs of the AWS services that compute, store and guard."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from rf.shared.offline.invention import ACCOUNT_ID, Computed, Invent, Registration
from rf.shared.offline.pem import certificate_text

_SHORT_REGIONS = {
    "us-east-1": "use1",
    "us-east-2": "use2",
    "us-west-1": "usw1",
    "us-west-2": "usw2",
}
"""ElastiCache's abbreviations of regions in host names; others follow the same pattern."""


def _short(region: str) -> str:
    known = _SHORT_REGIONS.get(region)
    area, direction, number = region.split("-", maxsplit=1)[0], region.split("-")[1], region[-1]
    return known or f"{area}{direction[0]}{number}"


def _named(service: str, resource: str, key: str = "name", *, regional: bool = True) -> Invent:
    """Resources known by their name; `{}` in `resource` is where it stands in the ARN."""

    def invent(registration: Registration) -> Computed:
        name = registration.named(key)
        region = None if regional else ""
        arn = registration.arn(service, resource.format(name), region=region)
        return Computed(name, {key: name, "arn": arn})

    return invent


def _of(*keys: str, separator: str = ":") -> Invent:
    """Resources whose id is made of their inputs: a bucket's settings, a role's attachments."""
    return lambda registration: Computed(separator.join(registration.text(key) for key in keys), {})


def _key(registration: Registration) -> Computed:
    key = registration.uuid()
    if registration.inputs.get("multiRegion"):
        key = f"mrk-{registration.hex(32)}"
    return Computed(key, {"keyId": key, "arn": registration.arn("kms", f"key/{key}")})


def _alias(registration: Registration) -> Computed:
    name = registration.named()
    target = registration.text("targetKeyId")
    key_arn = target if target.startswith("arn:") else registration.arn("kms", f"key/{target}")
    return Computed(
        name, {"name": name, "arn": registration.arn("kms", name), "targetKeyArn": key_arn}
    )


def _unique_id(prefix: str) -> Invent:
    """IAM principals: named, and with an unchangeable id that begins with its kind's letters."""
    kind = {"AROA": "role", "AIDA": "user", "ANPA": "policy", "AIPA": "instance-profile"}[prefix]

    def invent(registration: Registration) -> Computed:
        name = registration.named()
        arn = registration.arn("iam", f"{kind}/{name}", region="")
        unique = f"{prefix}{registration.letters(17)}"
        resource_id = arn if kind == "policy" else name
        return Computed(
            resource_id, {"name": name, "arn": arn, "uniqueId": unique, "policyId": unique}
        )

    return invent


def _oidc_provider(registration: Registration) -> Computed:
    host = registration.text("url").removeprefix("https://")
    arn = registration.arn("iam", f"oidc-provider/{host}", region="")
    return Computed(arn, {"arn": arn})


def _bucket(registration: Registration) -> Computed:
    name = registration.named("bucket")
    return Computed(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{registration.where}.amazonaws.com",
            "hostedZoneId": "Z3AQBSTGFYJSTF",
        },
    )


def _cluster(registration: Registration) -> Computed:
    name = registration.named()
    unique = registration.hex(32).upper()
    issuer = f"https://oidc.eks.{registration.where}.amazonaws.com/id/{unique}"
    authority = base64.b64encode(certificate_text(registration, "authority").encode()).decode()
    return Computed(
        name,
        {
            "name": name,
            "arn": registration.arn("eks", f"cluster/{name}"),
            "endpoint": f"https://{unique}.gr7.{registration.where}.eks.amazonaws.com",
            "certificateAuthority": {"data": authority},
            "identities": [{"oidcs": [{"issuer": issuer}]}],
            "platformVersion": "eks.1",
            "vpcConfig": {
                "clusterSecurityGroupId": f"sg-{registration.hex(17, 'cluster')}",
                "vpcId": f"vpc-{registration.hex(17, 'vpc')}",
            },
        },
    )


def _of_cluster(kind: str, key: str) -> Invent:
    """What belongs to an EKS cluster: id `cluster:name`."""

    def invent(registration: Registration) -> Computed:
        cluster, name = registration.text("clusterName"), registration.named(key)
        arn = registration.arn("eks", f"{kind}/{cluster}/{name}/{registration.uuid()}")
        return Computed(f"{cluster}:{name}", {key: name, "arn": arn})

    return invent


def _pod_identity(registration: Registration) -> Computed:
    unique = f"a-{registration.hex(17)}"
    cluster = registration.text("clusterName")
    arn = registration.arn("eks", f"podidentityassociation/{cluster}/{unique}")
    return Computed(unique, {"associationId": unique, "associationArn": arn})


def _database(registration: Registration) -> Computed:
    identifier = registration.named("identifier")
    unique = f"db-{registration.letters(26)}"
    port = registration.inputs.get("port", 5432)
    # The part of the host name after the identifier is one for an account and region, not per
    # instance; an invented one per instance keeps two instances apart in the plan as well.
    address = f"{identifier}.c{registration.hex(11)}.{registration.where}.rds.amazonaws.com"
    zone = registration.text("availabilityZone") or f"{registration.where}a"
    return Computed(
        unique,
        {
            "identifier": identifier,
            "resourceId": unique,
            "arn": registration.arn("rds", f"db:{identifier}"),
            "address": address,
            "port": port,
            "endpoint": f"{address}:{port}",
            "availabilityZone": zone,
            "hostedZoneId": "Z2R2ITUGPM61AM",
            "status": "available",
            "engine": registration.text("engine", "postgres"),
        },
    )


def _replication_group(registration: Registration) -> Computed:
    group = registration.named("replicationGroupId")
    short, unique = _short(registration.where), registration.hex(6)
    domain = f"{unique}.{short}.cache.amazonaws.com"
    shards = registration.inputs.get("numNodeGroups")
    clustered = shards is not None or registration.text("clusterMode") == "enabled"
    nodes = int(registration.inputs.get("numCacheClusters") or 1)
    replicas = int(registration.inputs.get("replicasPerNodeGroup") or 0)
    if clustered:
        count = int(shards or 1)
        members = [
            f"{group}-{shard:04d}-{node:03d}"
            for shard in range(1, count + 1)
            for node in range(1, replicas + 2)
        ]
    else:
        members = [f"{group}-{node:03d}" for node in range(1, nodes + 1)]
    outputs = {
        "replicationGroupId": group,
        "arn": registration.arn("elasticache", f"replicationgroup:{group}"),
        "port": registration.inputs.get("port", 6379),
        "clusterEnabled": clustered,
        "memberClusters": members,
        "configurationEndpointAddress": f"clustercfg.{group}.{domain}" if clustered else "",
        "primaryEndpointAddress": "" if clustered else f"master.{group}.{domain}",
        "readerEndpointAddress": "" if clustered else f"replica.{group}.{domain}",
    }
    return Computed(group, outputs)


def _secret(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("secretsmanager", f"secret:{name}-{registration.letters(6)}")
    return Computed(arn, {"name": name, "arn": arn})


def _secret_version(registration: Registration) -> Computed:
    secret, version = registration.text("secretId"), registration.uuid()
    arn = secret if secret.startswith("arn:") else registration.arn("secretsmanager", secret)
    outputs = {"arn": arn, "versionId": version, "secretArn": arn}
    return Computed(f"{secret}|{version}", outputs)


def _repository(registration: Registration) -> Computed:
    name = registration.named()
    url = f"{ACCOUNT_ID}.dkr.ecr.{registration.where}.amazonaws.com/{name}"
    arn = registration.arn("ecr", f"repository/{name}")
    outputs = {"name": name, "arn": arn, "repositoryUrl": url, "registryId": ACCOUNT_ID}
    return Computed(name, outputs)


def _queue(registration: Registration) -> Computed:
    name = registration.named()
    url = f"https://sqs.{registration.where}.amazonaws.com/{ACCOUNT_ID}/{name}"
    return Computed(url, {"name": name, "url": url, "arn": registration.arn("sqs", name)})


def _topic(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("sns", name)
    return Computed(arn, {"name": name, "arn": arn, "owner": ACCOUNT_ID})


def _broker(registration: Registration) -> Computed:
    unique = f"b-{registration.uuid()}"
    host = f"{unique}.mq.{registration.where}.on.aws"
    # A RabbitMQ cluster too has one entry: the load balancer before its nodes.
    instance = {
        "consoleUrl": f"https://{host}",
        "endpoints": [f"amqps://{host}:5671"],
        "ipAddress": "",
    }
    name = registration.named("brokerName")
    arn = registration.arn("mq", f"broker:{name}:{unique}")
    return Computed(unique, {"brokerName": name, "arn": arn, "instances": [instance]})


def _detector(registration: Registration) -> Computed:
    detector = registration.hex(32)
    arn = registration.arn("guardduty", f"detector/{detector}")
    return Computed(detector, {"arn": arn, "accountId": ACCOUNT_ID})


_BUCKET_SETTINGS = (
    "Versioning:BucketVersioning",
    "ServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "PublicAccessBlock:BucketPublicAccessBlock",
    "OwnershipControls:BucketOwnershipControls",
    "LifecycleConfiguration:BucketLifecycleConfiguration",
    "CorsConfiguration:BucketCorsConfiguration",
    "Policy:BucketPolicy",
    "Logging:BucketLogging",
)

REGISTRY: Mapping[str, Invent] = {
    **{f"aws:s3/bucket{entry}": _of("bucket") for entry in _BUCKET_SETTINGS},
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketObjectv2:BucketObjectv2": _of("bucket", "key", separator="/"),
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _alias,
    "aws:iam/role:Role": _unique_id("AROA"),
    "aws:iam/user:User": _unique_id("AIDA"),
    "aws:iam/policy:Policy": _unique_id("ANPA"),
    "aws:iam/instanceProfile:InstanceProfile": _unique_id("AIPA"),
    "aws:iam/rolePolicy:RolePolicy": _of("role", "name"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _of("role", "policyArn", separator="/"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _oidc_provider,
    "aws:eks/cluster:Cluster": _cluster,
    "aws:eks/nodeGroup:NodeGroup": _of_cluster("nodegroup", "nodeGroupName"),
    "aws:eks/addon:Addon": _of_cluster("addon", "addonName"),
    "aws:eks/accessEntry:AccessEntry": _of_cluster("access-entry", "principalArn"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _of(
        "clusterName", "principalArn", "policyArn", separator="#"
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _pod_identity,
    "aws:rds/instance:Instance": _database,
    "aws:rds/subnetGroup:SubnetGroup": _named("rds", "subgrp:{}"),
    "aws:rds/parameterGroup:ParameterGroup": _named("rds", "pg:{}"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "aws:elasticache/subnetGroup:SubnetGroup": _named("elasticache", "subnetgroup:{}"),
    "aws:elasticache/parameterGroup:ParameterGroup": _named("elasticache", "parametergroup:{}"),
    "aws:elasticache/user:User": _named("elasticache", "user:{}", "userId"),
    "aws:elasticache/userGroup:UserGroup": _named("elasticache", "usergroup:{}", "userGroupId"),
    "aws:mq/broker:Broker": _broker,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _of("repository"),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:{}"),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/{}"),
    "aws:cloudwatch/eventTarget:EventTarget": _of("rule", "targetId", separator="-"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:{}"),
    "aws:cloudtrail/trail:Trail": _named("cloudtrail", "trail/{}"),
    "aws:guardduty/detector:Detector": _detector,
    "aws:guardduty/detectorFeature:DetectorFeature": _of("detectorId", "name", separator="/"),
    "aws:ssm/document:Document": _named("ssm", "document/{}"),
    "aws:sqs/queue:Queue": _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _of("queueUrl"),
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _of("arn"),
    "aws:rds/eventSubscription:EventSubscription": _named("rds", "es:{}"),
}
