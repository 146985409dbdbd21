"""What no rule of the policy says: who else speaks, and which types have nothing to judge."""

from __future__ import annotations

ELSEWHERE = (
    (
        "a size, class or number of pods that doesn't carry the load; pools that open more than"
        " PostgreSQL takes; a lost pooler; a limit of addresses below a hospital's",
        "`rf check`, and `pulumi up` before it creates anything",
    ),
    (
        "a value of the wrong kind or range, two that exclude each other, a zone or class that"
        " isn't there",
        "the settings, in every command",
    ),
    ("versions that AWS or a chart no longer supports", "`rf check versions`"),
    ("data that leaves the European Union", "`rf check residency`"),
    ("a schema that Citus can't distribute", "`rf check sharding`"),
    (
        "a name, zone, engine or key whose change replaces a store; a lost `protect`; what can't"
        " be taken back",
        "`rf grow`",
    ),
    (
        "a misspelt input, a value outside an API's list, an object that its schema refuses, a"
        " duplicate name",
        "the offline plan, in every command that needs one",
    ),
    ("a name that is taken, a quota, a permission, a setting of the account", "`rf preflight`"),
    ("an order in which something can't be created", "`rf rehearse`, by Pulumi's own engine"),
    ("a takeover that takes too long, or asks what is lost", "`rf drill`"),
    (
        "the words that two parts of the program must agree on, as an alert's metric, a variable"
        " of the applications, a dashboard",
        "the test suite alone: no config reaches them",
    ),
)
"""What can be broken, and who finds it before a deployment does."""

UNJUDGED = {
    "aws:acm/certificate:Certificate": "AWS' own keys and ends; a distribution takes no other's",
    "aws:acm/certificateValidation:CertificateValidation": "waits, and holds nothing",
    "aws:cloudfront/function:Function": "code, which its own tests run",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "names a bucket of the rules",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "a number that an alert reads",
    "aws:ec2/eip:Eip": "a NAT gateway's address",
    "aws:ec2/tag:Tag": "Karpenter finds the cluster's group by it",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "how many old images are kept",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": "its repositories' template has rules",
    "aws:eks/accessEntry:AccessEntry": "whom the stack file names",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "what the stack file gives them",
    "aws:elasticache/userGroup:UserGroup": "the users, who have rules",
    "aws:iam/instanceProfile:InstanceProfile": "hands on a role, which has rules",
    "aws:iam/rolePolicy:RolePolicy": "its document: the rules of IAM read every resource's",
    "aws:kms/alias:Alias": "a name for people",
    "aws:lb/listenerRule:ListenerRule": "which path leads where",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "its key: `keys-of-their-region` reads every resource's"
    ),
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": "what is measured",
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule": "alerts, which their own tests run",
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": "what is measured",
    "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig": "what is measured",
    "kubernetes:stackgres.io/v1:SGInstanceProfile": "the size of a server: `rf check`",
    "kubernetes:stackgres.io/v1:SGScript": "SQL, in a Secret",
    "pulumi:providers:kubernetes": "how the cluster is reached",
    "pulumi:providers:random": "has no settings",
    "pulumi:providers:tls": "has no settings",
    "pulumi:pulumi:StackReference": "reads another stack's outputs",
    "random:index/randomId:RandomId": "a name's ending, or a hash's key",
    "tls:index/certRequest:CertRequest": "the names of a certificate, which has rules",
    "tls:index/privateKey:PrivateKey": "kept in the state alone, as the passwords are",
}
"""Types of the program that no rule is about by name, and why."""
