"""SQL that makes the applications' role on a node of Citus."""

from __future__ import annotations


def application_role_sql(user: str, password: str, database: str) -> str:
    """Create or update the role, which is no superuser. Runs on every node, any number of times.

    Each node does it for itself (`enable_ddl_propagation` off), because the operator gives a node
    the script whether the others have it or not. Nodes log in to one another as the role whose
    query they run, and find its password in `pg_dist_authinfo`, which Citus doesn't copy itself.
    Raises ValueError on a zero byte, which no text in PostgreSQL can hold.
    """
    if "\0" in user + password + database:
        raise ValueError("a zero byte in the name or password of a role")
    role, secret = _identifier(user), _literal(password)
    login = _literal(f"password={_conninfo(password)}")
    return f"""\
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET citus.enable_ddl_propagation = off;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_literal(user)}) THEN
        CREATE ROLE {role};
    END IF;
END
$$;
ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD {secret};
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {_identifier(database)} TO {role};
GRANT USAGE, CREATE ON SCHEMA public TO {role};
INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo)
VALUES (0, {_literal(user)}, {login})
ON CONFLICT (rolename, nodeid) DO UPDATE SET authinfo = EXCLUDED.authinfo;
"""  # noqa: S608 - every value is quoted by the functions below


def _literal(text: str) -> str:
    """A constant that means the same whatever `standard_conforming_strings` says."""
    quoted = text.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _conninfo(text: str) -> str:
    """A value of a connection string (libpq, "Keyword/Value Connection Strings")."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
