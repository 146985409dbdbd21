"""Rules of PostgreSQL on RDS and of PgBouncer before it."""
