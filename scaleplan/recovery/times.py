"""Times of a recovery that AWS or this program fixes: how far behind each kind of copy is, seconds.

What nobody names a time for is an assumption in `plan.yaml`.
"""

HEALTH_CHECK_INTERVAL_SECONDS = 30
HEALTH_CHECK_FAILURES = 3
"""Route 53's standard interval, and its default number of failures before an endpoint is unhealthy
(Route 53 guide, "Values that you specify when you create or edit health checks")."""

RECORD_TTL_SECONDS = 60
"""Of an alias to a distribution or load balancer: theirs, and not for choosing (Route 53 guide,
"Values specific for alias records")."""

RDS_LOG_SECONDS = 300
"""RDS archives the log of transactions every five minutes: `archive_timeout` in its parameter
groups, not modifiable."""

CITUS_LOG_SECONDS = 60
"""`archive_timeout` of Citus' servers: the most that a quiet one waits before it archives."""

REPLICATED_OBJECT_SECONDS = 900
"""S3 Replication Time Control: 99.99 % of objects within 15 minutes, with a service level of 99.9 %
(S3 guide, "Meeting compliance requirements with S3 Replication Time Control")."""

REPLICATED_IMAGE_SECONDS = 1800
"""ECR: most images in less than 30 minutes (ECR guide, "Private image replication")."""

COPIED_BACKUP_SECONDS = 86_400
"""AWS Backup's plan is daily."""

DAILY_BACKUP_DAYS = 35
"""In both vaults: as long as RDS keeps its own at most, so that a month's last one is there."""

POINT_IN_TIME_DAYS = 14
"""How long RDS's replicated backups are kept. Equal in all sizes: another number would stop the
replication and begin it anew, and the copies with it."""

QUEUE_SNAPSHOT_DAYS = 7
"""Jobs and sessions have no other copy; a week covers a fault found after a weekend. AWS charges
for all but the first."""
