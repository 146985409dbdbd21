"""The script that has every pooler open new connections to its servers.

PgBouncer keeps each client's prepared statement on a server connection under a name of its own, and
hands it to whoever sends the same text, also to clients that connect later. When a table changes
below one, PostgreSQL refuses it (0A000, `cached plan must not change result type`) until that
connection ends. `RECONNECT` ends each when its transaction does, and no client notices.
"""

from __future__ import annotations

from rendering.shared.endpoints import NAMESPACE

POOLERS_SERVICE = "pgbouncer-poolers"
"""A Service without an address of its own: its name leads to each pooler's pod that is ready."""

POOLERS_HOST = f"{POOLERS_SERVICE}.{NAMESPACE}.svc"
"""One of the names on PgBouncer's certificate."""

ADMIN_DATABASE = "pgbouncer"
"""PgBouncer's console."""

SCRIPT_FILE = "reconnect.sh"

PASSWORD_VARIABLE = "POOLER_PASSWORD"  # noqa: S105 - the name of a variable

DEADLINE_SECONDS = 300
"""Until a pooler that is being replaced is ready again; the script itself goes on for ever."""

RETRY_SECONDS = 2
CONNECT_SECONDS = 5
"""A pod that has just gone is still among the addresses for some seconds: libpq tries the next."""


def pooler_variables(*, user: str, port: int, poolers: int, authority_file: str) -> dict[str, str]:
    """What the script is told beside the password: the way to `poolers` pods, each at `port`."""
    return {
        "POOLER_HOST": POOLERS_HOST,
        "POOLER_PORT": str(port),
        "POOLER_USER": user,
        "POOLER_AUTHORITY": authority_file,
        "POOLERS": str(poolers),
    }


def reconnect_script() -> str:
    """For `sh` with psql 16: goes on until as many different poolers as there are have done it.

    libpq chooses among the addresses of the name by chance, and psql says which it had. So a pooler
    that is being replaced is waited for; whoever runs the script sets its deadline.
    """
    return f"""\
export PGHOST="$POOLER_HOST" PGPORT="$POOLER_PORT" PGUSER="$POOLER_USER"
export PGPASSWORD="${PASSWORD_VARIABLE}" PGDATABASE={ADMIN_DATABASE}
export PGSSLMODE=verify-full PGSSLROOTCERT="$POOLER_AUTHORITY"
export PGLOADBALANCEHOSTS=random PGCONNECT_TIMEOUT={CONNECT_SECONDS}
done=0
reached=
while [ "$done" -lt "$POOLERS" ]; do
  if ! pooler=$(psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 -c RECONNECT -c '\\conninfo'); then
    sleep {RETRY_SECONDS}
    continue
  fi
  case $reached in
    *"$pooler"*) ;;
    *)
      reached="$reached$pooler"
      done=$((done + 1))
      echo "has reconnected: $pooler"
      ;;
  esac
done
"""
