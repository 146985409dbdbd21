"""Real servers on this machine, for the drill and the tests: PostgreSQL, PgBouncer, Redis."""
