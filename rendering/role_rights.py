"""What each role of the database may do, as plain SQL: the same on RDS and on Citus' nodes."""

from __future__ import annotations

from rendering.database_roles import ROLES, RoleKey

SCHEMA = "public"


def role_rights(database: str) -> str:
    """Grants for `database`, the one that it is run in, by whoever may act for the migrator.

    Tables that the migrator creates from then on are the application's and the reader's to use.
    """
    application = ROLES[RoleKey.APPLICATION].name
    read_only = ROLES[RoleKey.READ_ONLY].name
    migrator = ROLES[RoleKey.MIGRATOR].name
    everyone = f"{application}, {read_only}, {migrator}"
    monitor = ROLES[RoleKey.MONITOR].name
    return f"""-- Nobody enters by being in PUBLIC, and nobody but the migrator creates anything.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {everyone}, {monitor};
GRANT TEMPORARY ON DATABASE {database} TO {application}, {migrator};
GRANT CREATE ON DATABASE {database} TO {migrator};
GRANT USAGE ON SCHEMA {SCHEMA} TO {everyone};
GRANT CREATE ON SCHEMA {SCHEMA} TO {migrator};

ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA {SCHEMA}
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application};
ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA {SCHEMA}
  GRANT USAGE, SELECT ON SEQUENCES TO {application};
ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA {SCHEMA}
  GRANT SELECT ON TABLES TO {read_only};
ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA {SCHEMA}
  GRANT SELECT ON SEQUENCES TO {read_only};

-- A second lock beside the missing rights, and on the primary the only difference to a replica.
ALTER ROLE {read_only} SET default_transaction_read_only = on;

-- PostgreSQL's own role for this: statistics and settings of all, rows of none.
GRANT pg_monitor TO {monitor};
ALTER ROLE {monitor} SET default_transaction_read_only = on;
"""
