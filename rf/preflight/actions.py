"""The IAM actions that creating each type of resource takes (Service Authorization Reference).

Of a type that isn't here nothing is known, and preflight says so. Tags go with the creation, so the
services' tagging actions are asked for as well.
"""

from __future__ import annotations

from collections.abc import Mapping

_SECURITY_GROUP_RULES = ("ec2:DescribeSecurityGroupRules", "ec2:CreateTags")

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:acm/certificate:Certificate": ("acm:RequestCertificate", "acm:AddTagsToCertificate"),
    "aws:acm/certificateValidation:CertificateValidation": ("acm:DescribeCertificate",),
    "aws:backup/plan:Plan": ("backup:CreateBackupPlan", "backup:TagResource"),
    "aws:backup/selection:Selection": ("backup:CreateBackupSelection", "iam:PassRole"),
    "aws:backup/vault:Vault": (
        "backup:CreateBackupVault",
        "backup:TagResource",
        "backup-storage:MountCapsule",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
    ),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": (
        "backup:PutBackupVaultLockConfiguration",
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": ("cloudfront:CreateCachePolicy",),
    "aws:cloudfront/distribution:Distribution": (
        "cloudfront:CreateDistribution",
        "cloudfront:TagResource",
    ),
    "aws:cloudfront/function:Function": (
        "cloudfront:CreateFunction",
        "cloudfront:PublishFunction",
    ),
    "aws:cloudfront/keyValueStore:KeyValueStore": ("cloudfront:CreateKeyValueStore",),
    "aws:cloudfront/originAccessControl:OriginAccessControl": (
        "cloudfront:CreateOriginAccessControl",
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        "cloudfront:CreateResponseHeadersPolicy",
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": ("cloudfront:CreateVpcOrigin",),
    "aws:cloudtrail/trail:Trail": ("cloudtrail:CreateTrail", "cloudtrail:StartLogging"),
    "aws:cloudwatch/eventRule:EventRule": ("events:PutRule", "events:TagResource"),
    "aws:cloudwatch/eventTarget:EventTarget": ("events:PutTargets",),
    "aws:cloudwatch/logDelivery:LogDelivery": ("logs:CreateDelivery",),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": (
        "logs:PutDeliveryDestination",
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": (
        "logs:PutDeliverySource",
        "cloudfront:AllowVendedLogDeliveryForResource",
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ("logs:PutMetricFilter",),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("logs:PutResourcePolicy",),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    "aws:ec2/eip:Eip": ("ec2:AllocateAddress", "ec2:CreateTags"),
    "aws:ec2/flowLog:FlowLog": ("ec2:CreateFlowLogs", "iam:PassRole"),
    "aws:ec2/internetGateway:InternetGateway": (
        "ec2:CreateInternetGateway",
        "ec2:AttachInternetGateway",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2:CreateLaunchTemplate",),
    "aws:ec2/natGateway:NatGateway": ("ec2:CreateNatGateway",),
    "aws:ec2/route:Route": ("ec2:CreateRoute",),
    "aws:ec2/routeTable:RouteTable": ("ec2:CreateRouteTable",),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("ec2:AssociateRouteTable",),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2:CreateSecurityGroup", "ec2:CreateTags"),
    "aws:ec2/subnet:Subnet": ("ec2:CreateSubnet", "ec2:ModifySubnetAttribute"),
    "aws:ec2/tag:Tag": ("ec2:CreateTags",),
    "aws:ec2/vpc:Vpc": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2:CreateVpcEndpoint",),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ("ecr:PutLifecyclePolicy",),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": (
        "ecr:PutReplicationConfiguration",
        "iam:CreateServiceLinkedRole",
    ),
    "aws:ecr/repository:Repository": ("ecr:CreateRepository", "ecr:TagResource"),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": (
        "ecr:CreateRepositoryCreationTemplate",
        "iam:PassRole",
    ),
    "aws:eks/accessEntry:AccessEntry": ("eks:CreateAccessEntry",),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": ("eks:AssociateAccessPolicy",),
    "aws:eks/addon:Addon": ("eks:CreateAddon", "eks:DescribeAddon"),
    "aws:eks/cluster:Cluster": (
        "eks:CreateCluster",
        "eks:DescribeCluster",
        "eks:TagResource",
        "iam:PassRole",
        "kms:CreateGrant",
    ),
    "aws:eks/nodeGroup:NodeGroup": ("eks:CreateNodegroup", "iam:PassRole"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        "eks:CreatePodIdentityAssociation",
        "iam:PassRole",
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": (
        "elasticache:CreateCacheParameterGroup",
        "elasticache:ModifyCacheParameterGroup",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "elasticache:CreateReplicationGroup",
        "elasticache:AddTagsToResource",
        "logs:CreateLogDelivery",
        "kms:CreateGrant",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": ("elasticache:CreateCacheSubnetGroup",),
    "aws:elasticache/user:User": ("elasticache:CreateUser",),
    "aws:elasticache/userGroup:UserGroup": ("elasticache:CreateUserGroup",),
    "aws:guardduty/detector:Detector": ("guardduty:CreateDetector", "guardduty:TagResource"),
    "aws:guardduty/detectorFeature:DetectorFeature": ("guardduty:UpdateDetector",),
    "aws:iam/instanceProfile:InstanceProfile": (
        "iam:CreateInstanceProfile",
        "iam:AddRoleToInstanceProfile",
    ),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:TagRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam:PutRolePolicy",),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam:AttachRolePolicy",),
    "aws:kms/alias:Alias": ("kms:CreateAlias",),
    "aws:kms/key:Key": ("kms:CreateKey", "kms:EnableKeyRotation", "kms:TagResource"),
    "aws:kms/replicaKey:ReplicaKey": (
        "kms:ReplicateKey",
        "kms:CreateKey",
        "kms:PutKeyPolicy",
        "kms:TagResource",
    ),
    "aws:lb/listener:Listener": ("elasticloadbalancing:CreateListener",),
    "aws:lb/listenerRule:ListenerRule": ("elasticloadbalancing:CreateRule",),
    "aws:lb/loadBalancer:LoadBalancer": (
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:AddTags",
    ),
    "aws:lb/targetGroup:TargetGroup": ("elasticloadbalancing:CreateTargetGroup",),
    "aws:mq/broker:Broker": (
        "mq:CreateBroker",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
    ),
    "aws:rds/eventSubscription:EventSubscription": ("rds:CreateEventSubscription",),
    "aws:rds/instance:Instance": (
        "rds:CreateDBInstance",
        "rds:CreateDBInstanceReadReplica",
        "rds:AddTagsToResource",
        "iam:PassRole",
        "kms:CreateGrant",
    ),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "rds:StartDBInstanceAutomatedBackupsReplication",
        "rds:DescribeDBInstanceAutomatedBackups",
        "kms:CreateGrant",
        "kms:DescribeKey",
    ),
    "aws:rds/parameterGroup:ParameterGroup": (
        "rds:CreateDBParameterGroup",
        "rds:ModifyDBParameterGroup",
    ),
    "aws:rds/subnetGroup:SubnetGroup": ("rds:CreateDBSubnetGroup",),
    "aws:route53/healthCheck:HealthCheck": (
        "route53:CreateHealthCheck",
        "route53:ChangeTagsForResource",
    ),
    "aws:route53/record:Record": ("route53:ChangeResourceRecordSets", "route53:GetChange"),
    "aws:route53/zone:Zone": ("route53:CreateHostedZone", "route53:ChangeTagsForResource"),
    "aws:s3/bucket:Bucket": ("s3:CreateBucket", "s3:PutBucketTagging"),
    "aws:s3/bucketAcl:BucketAcl": ("s3:PutBucketAcl",),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3:PutLifecycleConfiguration",
    ),
    "aws:s3/bucketLogging:BucketLogging": ("s3:PutBucketLogging",),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("s3:PutBucketOwnershipControls",),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3:PutBucketPolicy",),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": (
        "s3:PutReplicationConfiguration",
        "iam:PassRole",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3:PutEncryptionConfiguration",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3:PutBucketVersioning",),
    "aws:secretsmanager/secret:Secret": (
        "secretsmanager:CreateSecret",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:TagResource",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretsmanager:PutSecretValue",),
    "aws:sns/topic:Topic": ("sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource"),
    "aws:sns/topicPolicy:TopicPolicy": ("sns:SetTopicAttributes",),
    "aws:sns/topicSubscription:TopicSubscription": ("sns:Subscribe",),
    "aws:sqs/queue:Queue": ("sqs:CreateQueue", "sqs:TagQueue"),
    "aws:sqs/queuePolicy:QueuePolicy": ("sqs:SetQueueAttributes",),
    "aws:ssm/document:Document": ("ssm:CreateDocument", "ssm:AddTagsToResource"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "ec2:AuthorizeSecurityGroupEgress",
        *_SECURITY_GROUP_RULES,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "ec2:AuthorizeSecurityGroupIngress",
        *_SECURITY_GROUP_RULES,
    ),
    "aws:wafv2/webAcl:WebAcl": ("wafv2:CreateWebACL", "wafv2:TagResource"),
    "aws:wafv2/webAclAssociation:WebAclAssociation": (
        "wafv2:AssociateWebACL",
        "wafv2:GetWebACLForResource",
        "elasticloadbalancing:SetWebACL",
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        "wafv2:PutLoggingConfiguration",
    ),
}
