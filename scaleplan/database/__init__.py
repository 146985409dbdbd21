"""PostgreSQL on RDS, its roles, and PgBouncer before it."""
