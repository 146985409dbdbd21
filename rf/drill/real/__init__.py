"""Parts of a recovery with real servers on this machine: PostgreSQL with PgBouncer, and Redis."""
