"""How to ask AWS's price API for each key: service, exact filters, and which answer is meant.

Names of services, fields and usage types: the price API's own data as Infracost's resource
definitions query it (infracost/infracost, internal/resources/aws). Usage types begin with a short
name of the region, except in us-east-1, so they are matched here and not by the API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from scaleplan.cost.prices import GLOBAL

MILLION = Decimal(1_000_000)

MIB_PER_GIB = Decimal(1024)
"""The API counts a volume's throughput in GiB/s, the file in MiB/s."""


@dataclass(frozen=True, kw_only=True)
class PriceQuery:
    """One question. `usage_type` is matched against the whole usage type behind the region's name.

    `per` is how many of the API's units are one of the file's: a million requests, a 1024th of a
    GiB/s, else one.
    """

    service: str
    filters: Mapping[str, str] = field(default_factory=dict)
    usage_type: str = ".*"
    per: Decimal = Decimal(1)

    def matches(self, usage_type: str) -> bool:
        """Whether that usage type is the one that is meant."""
        bare = re.sub(r"^(?:[A-Z]{2,4}\d?-|Global-)", "", usage_type)
        return any(re.fullmatch(self.usage_type, text) for text in (bare, usage_type))


def query_of(key: str) -> PriceQuery | None:
    """The question for a key; None where the file's figure can't be asked for."""
    kind, _, name = key.partition(":")
    family = _FAMILIES.get(kind)
    if family is not None:
        filters = {**family.filters, "instanceType": name}
        return PriceQuery(service=family.service, filters=filters, usage_type=family.usage_type)
    if kind == "mq":
        return PriceQuery(
            service="AmazonMQ",
            filters={"productFamily": "Broker Instances", "brokerEngine": "RabbitMQ"},
            usage_type=rf".*{re.escape(name)}",
        )
    return _SINGLE.get(key)


def location_filter(region: str) -> dict[str, str]:
    """The filter of a region; none for what has one price everywhere."""
    return {} if region == GLOBAL else {"regionCode": region}


_RDS = {
    "productFamily": "Database Instance",
    "databaseEngine": "PostgreSQL",
    "licenseModel": "No license required",
}

_FAMILIES: Mapping[str, PriceQuery] = {
    "ec2": PriceQuery(
        service="AmazonEC2",
        filters={
            "operatingSystem": "Linux",
            "tenancy": "Shared",
            "preInstalledSw": "NA",
            "capacitystatus": "Used",
            "operation": "RunInstances",
        },
        usage_type="BoxUsage:.*",
    ),
    "rds": PriceQuery(
        service="AmazonRDS",
        filters={**_RDS, "deploymentOption": "Single-AZ"},
        usage_type="InstanceUsage:.*",
    ),
    "rds-multi-az": PriceQuery(
        service="AmazonRDS",
        filters={**_RDS, "deploymentOption": "Multi-AZ"},
        usage_type="Multi-AZUsage:.*",
    ),
    "elasticache": PriceQuery(
        service="AmazonElastiCache",
        filters={"productFamily": "Cache Instance", "cacheEngine": "Redis"},
        usage_type="NodeUsage:.*",
    ),
}

_SINGLE: Mapping[str, PriceQuery] = {
    "ebs:gp3": PriceQuery(
        service="AmazonEC2",
        filters={"productFamily": "Storage", "volumeApiName": "gp3"},
        usage_type=r"EBS:VolumeUsage\.gp3",
    ),
    "ebs-iops:gp3": PriceQuery(
        service="AmazonEC2",
        filters={"productFamily": "System Operation", "volumeApiName": "gp3"},
        usage_type=r"EBS:VolumeP-IOPS\.gp3",
    ),
    "ebs-throughput:gp3": PriceQuery(
        service="AmazonEC2",
        filters={"productFamily": "Provisioned Throughput", "volumeApiName": "gp3"},
        usage_type=r"EBS:VolumeP-Throughput\.gp3",
        per=1 / MIB_PER_GIB,
    ),
    "eks:cluster": PriceQuery(service="AmazonEKS", usage_type="AmazonEKS-Hours:perCluster"),
    "rds-storage:gp3": PriceQuery(
        service="AmazonRDS",
        filters={"productFamily": "Database Storage", "databaseEngine": "Any"},
        usage_type="RDS:GP3-Storage",
    ),
    "rds-storage-multi-az:gp3": PriceQuery(
        service="AmazonRDS",
        filters={"productFamily": "Database Storage", "databaseEngine": "Any"},
        usage_type="RDS:Multi-AZ-GP3-Storage",
    ),
    "rds-backup:storage": PriceQuery(
        service="AmazonRDS",
        filters={"productFamily": "Storage Snapshot", "databaseEngine": "PostgreSQL"},
        usage_type="RDS:ChargedBackupUsage",
    ),
    "elasticache-backup:storage": PriceQuery(
        service="AmazonElastiCache", filters={"productFamily": "Storage Snapshot"}
    ),
    "mq-storage:ebs": PriceQuery(
        service="AmazonMQ",
        filters={"productFamily": "Broker Storage"},
        usage_type="(?i).*rabbitmq.*TimedStorage-ByteHrs.*|.*TimedStorage-RabbitMQ.*",
    ),
    "nat:gateway": PriceQuery(
        service="AmazonEC2",
        filters={"productFamily": "NAT Gateway"},
        usage_type="NatGateway-Hours",
    ),
    "nat:data": PriceQuery(
        service="AmazonEC2",
        filters={"productFamily": "NAT Gateway"},
        usage_type="NatGateway-Bytes",
    ),
    "ipv4:address": PriceQuery(service="AmazonVPC", usage_type="PublicIPv4:InUseAddress"),
    "endpoint:interface": PriceQuery(
        service="AmazonVPC",
        filters={"productFamily": "VpcEndpoint"},
        usage_type="VpcEndpoint-Hours",
    ),
    "endpoint:data": PriceQuery(
        service="AmazonVPC",
        filters={"productFamily": "VpcEndpoint"},
        usage_type="VpcEndpoint-Bytes",
    ),
    "alb:balancer": PriceQuery(
        service="AWSELB",
        filters={"productFamily": "Load Balancer-Application"},
        usage_type="LoadBalancerUsage",
    ),
    "alb:capacity-unit": PriceQuery(
        service="AWSELB",
        filters={"productFamily": "Load Balancer-Application"},
        usage_type="LCUUsage",
    ),
    "kms:key": PriceQuery(
        service="awskms", filters={"productFamily": "Encryption Key"}, usage_type=".*KMS-Keys"
    ),
    "kms:requests": PriceQuery(service="awskms", usage_type=".*KMS-Requests", per=MILLION),
    "secrets-manager:secret": PriceQuery(
        service="AWSSecretsManager", filters={"productFamily": "Secret"}
    ),
    "ecr:storage": PriceQuery(
        service="AmazonECR",
        filters={"productFamily": "EC2 Container Registry"},
        usage_type="TimedStorage-ByteHrs",
    ),
    "s3:storage": PriceQuery(
        service="AmazonS3",
        filters={"productFamily": "Storage", "volumeType": "Standard"},
        usage_type="TimedStorage-ByteHrs",
    ),
    "s3:writes": PriceQuery(service="AmazonS3", usage_type="Requests-Tier1", per=MILLION),
    "s3:reads": PriceQuery(service="AmazonS3", usage_type="Requests-Tier2", per=MILLION),
    "logs:ingested": PriceQuery(
        service="AmazonCloudWatch",
        filters={"productFamily": "Data Payload"},
        usage_type="DataProcessing-Bytes",
    ),
    "logs:stored": PriceQuery(
        service="AmazonCloudWatch",
        filters={"productFamily": "Storage Snapshot"},
        usage_type="TimedStorage-ByteHrs",
    ),
    "cloudwatch:alarm": PriceQuery(
        service="AmazonCloudWatch",
        filters={"productFamily": "Alarm"},
        usage_type="CW:AlarmMonitorUsage",
    ),
    "cloudtrail:data-events": PriceQuery(
        service="AWSCloudTrail", usage_type="DataEventsRecorded", per=MILLION
    ),
    "cloudfront:functions": PriceQuery(
        service="AmazonCloudFront",
        filters={"productFamily": "Request"},
        usage_type="Executions-CloudFrontFunctions",
        per=MILLION,
    ),
    "waf:acl": PriceQuery(service="awswaf", usage_type="WebACLV2"),
    "waf:rule": PriceQuery(service="awswaf", usage_type="RuleV2"),
    "waf:requests": PriceQuery(service="awswaf", usage_type="RequestV2-Tier1", per=MILLION),
    "route53:health-check": PriceQuery(
        service="AmazonRoute53",
        filters={"productFamily": "DNS Health Check"},
        usage_type="Health-Check-AWS",
    ),
    "route53:zone": PriceQuery(
        service="AmazonRoute53", filters={"productFamily": "DNS Zone"}, usage_type="HostedZone"
    ),
}
"""Not asked for: traffic between zones, between regions and out of CloudFront (the file has AWS's
public tiers; their free allowance is in no answer of the API), DNS queries, SNS, SQS."""
