r"""The SQL that makes a fresh PostgreSQL the application's: extensions, roles and rights.

It is a script for psql, run as the master user, and changes nothing when it is run again. It holds
no secret: the roles' SCRAM verifiers come from the environment (`\getenv`) and are quoted by the
server (`format`, `%L`).
"""

# ruff: noqa: S608 - the names are this program's own constants

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from rendering.database.parameters import PRELOADED_LIBRARIES
from rendering.database.role_timeouts import role_timeouts
from rendering.database.roles import (
    AUDIT_ROLE,
    ROLES,
    WORKFLOW_DATABASES,
    WORKFLOW_ROLE,
    DatabaseRole,
    RoleKey,
    roles_of,
)

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


SQL_FILE = "bootstrap.sql"

_HEAD = r"""\set ON_ERROR_STOP on
-- Errors without the statement that caused them: it may hold a verifier.
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET lock_timeout = '30s';
-- Two runs at once would both try to create what neither finds.
SELECT pg_advisory_lock(hashtext('researchflow bootstrap'));
"""

_ATTRIBUTES = "NOCREATEDB NOCREATEROLE"
"""Kept off a role at every run. SUPERUSER and REPLICATION are not named: only a superuser may even
take them away, and RDS has none to give."""


def bootstrap_sql(
    database: str,
    statement_timeouts: Mapping[RoleKey, int],
    extensions: Sequence[str] = PRELOADED_LIBRARIES,
    *,
    workflows: bool = False,
) -> str:
    """The script for `database`, the one that it is run in; `workflows` adds Temporal's own two.

    `statement_timeouts` are each role's, in seconds. Raises KeyError when a role has none.
    """
    login_roles = list(roles_of(workflows=workflows).values())
    return "\n".join(
        [
            _HEAD,
            *(f"CREATE EXTENSION IF NOT EXISTS {extension};" for extension in extensions),
            "",
            _role_without_login(AUDIT_ROLE),
            *(_login_role(role) for role in login_roles),
            _acting_for_the_migrator(),
            role_rights(database),
            role_timeouts(statement_timeouts, workflows=workflows),
            _rights_on_what_is_there(),
            *(_workflow_databases() if workflows else ()),
        ]
    )


def content_hash(text: str) -> str:
    """Short hash of a text, for the name of the Job that runs it."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _role_without_login(name: str) -> str:
    return f"""-- What is granted to it on a table is what pgaudit logs of that table.
SELECT 'CREATE ROLE {name} NOLOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec
"""


def _login_role(role: DatabaseRole) -> str:
    variable = role.variable
    name = variable.lower()
    return f"""-- {role.name}: {role.purpose}.
SELECT 'CREATE ROLE {role.name}'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role.name}') \\gexec
\\getenv {name} {variable}
SELECT format('ALTER ROLE {role.name} LOGIN {_ATTRIBUTES} PASSWORD %L', :'{name}') \\gexec
"""


def _acting_for_the_migrator() -> str:
    migrator = ROLES[RoleKey.MIGRATOR].name
    return f"""-- The master user acts for the migrator, to set what its future tables grant.
GRANT {migrator} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
"""


def _workflow_databases() -> list[str]:
    owner = WORKFLOW_ROLE.name
    acting = f"""-- The master user acts for Temporal's role, to make databases that it owns.
GRANT {owner} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
"""
    return [acting, *(_owned_database(name, owner) for name in WORKFLOW_DATABASES)]


def _owned_database(name: str, owner: str) -> str:
    return f"""SELECT 'CREATE DATABASE {name} OWNER {owner}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
"""


def _rights_on_what_is_there() -> str:
    application = ROLES[RoleKey.APPLICATION].name
    read_only = ROLES[RoleKey.READ_ONLY].name
    return f"""-- And what the tables grant that are there already, but for those of extensions.
{_grant_on_relations("SELECT, INSERT, UPDATE, DELETE", "r,p,v,m", application)}
{_grant_on_relations("USAGE, SELECT", "S", application)}
{_grant_on_relations("SELECT", "r,p,v,m,S", read_only)}
"""


def _grant_on_relations(rights: str, kinds: str, role: str) -> str:
    quoted = ", ".join(f"'{kind}'" for kind in kinds.split(","))
    sequence = "SEQUENCE " if kinds == "S" else ""
    return f"""SELECT format('GRANT {rights} ON {sequence}%s TO {role}', c.oid::regclass)
FROM pg_class c
WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND c.relkind IN ({quoted})
  AND pg_has_role(c.relowner, 'USAGE')
  AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  ) \\gexec"""
