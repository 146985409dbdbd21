"""SQL that makes the database's roles on a node of Citus."""

from __future__ import annotations

from collections.abc import Mapping

from rendering.database.bootstrap_sql import role_rights
from rendering.database.role_timeouts import role_timeouts
from rendering.database.roles import ROLES, RoleKey


def citus_roles_sql(
    database: str, passwords: Mapping[str, str], statement_timeouts: Mapping[RoleKey, int]
) -> str:
    """Create or update the roles with the rights and time-outs that they have on RDS.

    `passwords` are by name, `statement_timeouts` in seconds by role.

    Plain SQL, run on every node, any number of times. Each node does it for itself
    (`enable_ddl_propagation` off), because the operator gives a node the script whether the others
    have it or not. Rights on tables are the migrator's default privileges on the coordinator, which
    Citus copies to the shards when it distributes a table.

    Nodes log in to one another as the role whose query they run, and find its password in
    `pg_dist_authinfo`, which Citus doesn't copy itself. Raises KeyError when a role has no
    password or time-out, ValueError on a zero byte, which no text in PostgreSQL can hold.
    """
    return "\n".join(
        [
            _HEAD,
            *(_login_role(role.name, passwords[role.name]) for role in ROLES.values()),
            role_rights(database),
            role_timeouts(statement_timeouts, workflows=False),
        ]
    )


_HEAD = """\
-- The passwords shall be in no log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET citus.enable_ddl_propagation = off;
"""


def _login_role(name: str, password: str) -> str:
    if "\0" in password:
        raise ValueError(f"a zero byte in the password of {name}")
    login = _literal(f"password={_conninfo(password)}")
    return f"""\
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
        CREATE ROLE {name};
    END IF;
END
$$;
ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD {_literal(password)};
INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo)
VALUES (0, '{name}', {login})
ON CONFLICT (rolename, nodeid) DO UPDATE SET authinfo = EXCLUDED.authinfo;
"""  # noqa: S608 - names are this program's own constants, values are quoted below


def _literal(text: str) -> str:
    """A constant that means the same whatever `standard_conforming_strings` says."""
    quoted = text.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"


def _conninfo(text: str) -> str:
    """A value of a connection string (libpq, "Keyword/Value Connection Strings")."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
