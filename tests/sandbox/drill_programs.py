"""A home and its recovery site in a few resources, in the names that the real stacks give them."""

HOME = """
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

on_aws = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1"))
on_cluster = pulumi.ResourceOptions(
    provider=kubernetes.Provider("kubernetes", kubeconfig="{}", enable_server_side_apply=True)
)
config = pulumi.Config()
vpc = aws.ec2.Vpc("vpc", cidr_block="10.9.0.0/16", opts=on_aws)
zones = ("us-east-1a", "us-east-1b")
subnets = [
    aws.ec2.Subnet(
        f"subnet-{index}",
        vpc_id=vpc.id,
        cidr_block=f"10.9.{index}.0/24",
        availability_zone=zone,
        opts=on_aws,
    )
    for index, zone in enumerate(zones)
]
gateways = [
    aws.ec2.NatGateway(
        f"nat-{index}", subnet_id=subnet.id, connectivity_type="private", opts=on_aws
    )
    for index, subnet in enumerate(subnets)
]
crossed = config.get_bool("crossed") or False
for index, subnet in enumerate(subnets):
    table = aws.ec2.RouteTable(f"table-{index}", vpc_id=vpc.id, opts=on_aws)
    gateway = gateways[0 if crossed else index]
    aws.ec2.Route(
        f"out-{index}",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        nat_gateway_id=gateway.id,
        opts=on_aws,
    )
    aws.ec2.RouteTableAssociation(
        f"link-{index}", subnet_id=subnet.id, route_table_id=table.id, opts=on_aws
    )
balancer = aws.lb.LoadBalancer(
    "balancer",
    name="balancer",
    internal=True,
    subnets=[subnet.id for subnet in subnets],
    opts=on_aws,
)
aws.lb.TargetGroup(
    "targets",
    port=80,
    protocol="HTTP",
    vpc_id=vpc.id,
    health_check=aws.lb.TargetGroupHealthCheckArgs(interval=10, unhealthy_threshold=2),
    opts=on_aws,
)
group = aws.rds.SubnetGroup(
    "database", name="database", subnet_ids=[subnet.id for subnet in subnets], opts=on_aws
)
database = aws.rds.Instance(
    "database",
    identifier="researchflow-test-database",
    engine="postgres",
    engine_version="16",
    instance_class="db.r7g.large",
    allocated_storage=20,
    username="ros",
    password="not-a-secret-here",
    multi_az=True,
    storage_encrypted=True,
    backup_retention_period=7,
    db_subnet_group_name=group.name,
    skip_final_snapshot=True,
    opts=on_aws,
)
for layer in ("queue", "cache"):
    aws.elasticache.ReplicationGroup(
        layer,
        replication_group_id=f"researchflow-test-{layer}",
        description=layer,
        engine="redis",
        node_type="cache.m7g.large",
        num_cache_clusters=2,
        automatic_failover_enabled=True,
        multi_az_enabled=config.get_bool("redisMultiAz") is not False,
        at_rest_encryption_enabled=True,
        transit_encryption_enabled=True,
        opts=on_aws,
    )
ini = database.address.apply(
    lambda host: f"[databases]\\nresearchflow = host={host} port=5432 dbname=ros\\n\\n"
    "[pgbouncer]\\ntcp_user_timeout = 30000\\ndns_max_ttl = 5\\nserver_login_retry = 1\\n"
    "server_connect_timeout = 15\\n"
)
kubernetes.core.v1.ConfigMap(
    "pgbouncer", metadata={"name": "pgbouncer"}, data={"pgbouncer.ini": ini}, opts=on_cluster
)
pulumi.export("databaseArn", database.arn)
"""

NAMES = """
zone = aws.route53.Zone("zone", name="researchflow.example.com", opts=on_aws)
check = aws.route53.HealthCheck(
    "check",
    type="HTTPS",
    fqdn="d1.cloudfront.net",
    port=443,
    request_interval=30,
    failure_threshold=3,
    opts=on_aws,
)
aws.route53.Record(
    "primary",
    zone_id=zone.zone_id,
    name="researchflow.example.com",
    type="A",
    set_identifier="primary",
    health_check_id=check.id,
    failover_routing_policies=[aws.route53.RecordFailoverRoutingPolicyArgs(type="PRIMARY")],
    aliases=[
        aws.route53.RecordAliasArgs(
            name="d1.cloudfront.net", zone_id="Z2FDTNDATAQYW2", evaluate_target_health=False
        )
    ],
    opts=on_aws,
)
pulumi.export("zoneId", zone.zone_id)
"""
"""What a home with a recovery site has beside that."""

SITE = """
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

config = pulumi.Config()
home = pulumi.StackReference("organization/researchflow/test")
phase = config.require("phase")
waits = phase == "standby"
on_aws = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-2"))
on_cluster = pulumi.ResourceOptions(
    provider=kubernetes.Provider("kubernetes", kubeconfig="{}", enable_server_side_apply=True)
)
vpc = aws.ec2.Vpc("vpc", cidr_block="10.8.0.0/16", opts=on_aws)
subnets = [
    aws.ec2.Subnet(
        f"subnet-{index}",
        vpc_id=vpc.id,
        cidr_block=f"10.8.{index}.0/24",
        availability_zone=f"us-east-2{letter}",
        opts=on_aws,
    )
    for index, letter in enumerate("ab")
]
group = aws.rds.SubnetGroup(
    "database", name="site", subnet_ids=[subnet.id for subnet in subnets], opts=on_aws
)
if waits:
    source = home.get_output("databaseArn")
    described = {"replicate_source_db": source, "instance_class": "db.r7g.large"}
else:
    described = {"instance_class": "db.r7g.xlarge", "multi_az": True, "backup_retention_period": 7}
database = aws.rds.Instance(
    "database",
    identifier="researchflow-site-database",
    db_subnet_group_name=group.name,
    storage_encrypted=True,
    skip_final_snapshot=True,
    opts=on_aws,
    **described,
)
ini = database.address.apply(lambda host: f"[databases]\\nresearchflow = host={host} port=5432\\n")
kubernetes.core.v1.ConfigMap(
    "pgbouncer", metadata={"name": "pgbouncer"}, data={"pgbouncer.ini": ini}, opts=on_cluster
)
zone_id = home.get_output("zoneId")
secondary = {
    "set_identifier": "secondary",
    "failover_routing_policies": [aws.route53.RecordFailoverRoutingPolicyArgs(type="SECONDARY")],
}
for role, name, routing in (
    ("secondary", "researchflow.example.com", secondary),
    ("always", "recovery.researchflow.example.com", {}),
):
    aws.route53.Record(
        role,
        zone_id=zone_id,
        name=name,
        type="A",
        aliases=[
            aws.route53.RecordAliasArgs(
                name="site.us-east-2.elb.amazonaws.com",
                zone_id="Z3AADJGX6KTTL2",
                evaluate_target_health=False,
            )
        ],
        opts=on_aws,
        **routing,
    )
if config.get_bool("role") and not waits:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    aws.iam.Role("late", assume_role_policy=trust, opts=on_aws)
"""
