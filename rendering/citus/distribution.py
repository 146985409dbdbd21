"""SQL that turns plain tables on the coordinator into reference and distributed tables.

Run by psql, as a superuser, in the applications' database on the coordinator. It may run at any
time and any number of times: what is absent or already as wanted is left alone, all rules of Citus
are checked before the first change, and nothing is dropped, truncated or changed back.
"""

from __future__ import annotations

from collections.abc import Sequence

from rendering.database.pooler_reconnect import DEADLINE_SECONDS

SQL_FILE = "distribute.sql"

SHARD_COUNT = 32
"""For good: joins stay within a node only between tables with equally many shards."""

LOCK_TIMEOUT_SECONDS = 30
"""A table in use is given up, not waited for: everyone else would queue up behind the waiting."""

_LOCK_KEY = 7_204_513
"""Of the advisory lock that two runs at once contend for; any number that nothing else uses."""

_KNOWN = "SELECT count(partkey), count(*) FROM pg_dist_partition"
"""Changes with each table that becomes distributed or a reference table."""

_PREPARE = """\
\\set ON_ERROR_STOP on
SET search_path = {schema};
SET lock_timeout = '{lock_timeout}s';
SET citus.shard_count = {shard_count};

DO $$
BEGIN
    IF NOT pg_try_advisory_lock({lock_key}) THEN
        RAISE EXCEPTION 'another distribution is running';
    END IF;
    IF to_regclass('pg_dist_partition') IS NULL THEN
        RAISE EXCEPTION 'this database has no Citus yet: the operator creates the extension';
    END IF;
END
$$;

CREATE TEMPORARY TABLE wanted (name text PRIMARY KEY, kind text NOT NULL);
INSERT INTO wanted (name, kind) VALUES
{wanted};

-- The tables that are there: what they are to Citus, and by which column.
CREATE TEMPORARY VIEW present AS
SELECT wanted.name,
       wanted.kind AS wanted_kind,
       to_regclass(wanted.name) AS relation,
       CASE
           WHEN part.logicalrelid IS NULL THEN 'plain'
           WHEN part.partkey IS NOT NULL THEN 'distributed'
           WHEN part.repmodel = 't' THEN 'reference'
           ELSE 'plain' -- known to Citus for its foreign keys, but on the coordinator alone
       END AS kind,
       CASE
           WHEN part.partkey IS NOT NULL
           THEN column_to_column_name(part.logicalrelid, part.partkey)
       END AS distributed_by
FROM wanted
LEFT JOIN pg_dist_partition AS part ON part.logicalrelid = to_regclass(wanted.name)
WHERE to_regclass(wanted.name) IS NOT NULL;

SELECT format('%s is absent: skipped', name) AS skipped
FROM wanted WHERE to_regclass(name) IS NULL ORDER BY name;
"""

_CHECK = """
-- Every rule at once, before anything changes.
DO $$
DECLARE
    mistakes text;
BEGIN
    SELECT string_agg(mistake, E'\\n' ORDER BY mistake) INTO mistakes
    FROM (
        SELECT format('%s is %s by %s, not as wanted', name, kind, distributed_by) AS mistake
        FROM present
        WHERE kind <> 'plain'
          AND (kind <> wanted_kind OR distributed_by IS DISTINCT FROM
               CASE wanted_kind WHEN 'distributed' THEN {column} END)
        UNION ALL
        SELECT format('%s is being filled by subscription %s, whose rows would be lost without a '
                      'word: end that first', present.name, subscription.subname)
        FROM present
        JOIN pg_subscription_rel AS filled ON filled.srrelid = present.relation
        JOIN pg_subscription AS subscription ON subscription.oid = filled.srsubid
        WHERE kind = 'plain'
        UNION ALL
        SELECT format('%s has no column %s', name, {column})
        FROM present
        WHERE kind = 'plain' AND wanted_kind = 'distributed'
          AND NOT EXISTS (SELECT FROM pg_attribute
                          WHERE attrelid = relation AND attname = {column} AND NOT attisdropped)
        UNION ALL
        SELECT format('%s.%s may be null', name, {column})
        FROM present
        JOIN pg_attribute ON attrelid = relation AND attname = {column} AND NOT attisdropped
        WHERE kind = 'plain' AND wanted_kind = 'distributed' AND NOT attnotnull
        UNION ALL
        SELECT format('%s: %s must contain %s', name, indexrelid::regclass, {column})
        FROM present
        JOIN pg_index ON indrelid = relation AND (indisunique OR indisexclusion)
        JOIN pg_attribute ON attrelid = relation AND attname = {column} AND NOT attisdropped
        WHERE kind = 'plain' AND wanted_kind = 'distributed'
          AND attnum <> ALL (indkey::int2[])
        UNION ALL
        SELECT format('the tables have %s of different types: %s', {column},
                      string_agg(format('%s %s', name, format_type(atttypid, atttypmod)), ', '
                                 ORDER BY name))
        FROM present
        JOIN pg_attribute ON attrelid = relation AND attname = {column} AND NOT attisdropped
        WHERE wanted_kind = 'distributed'
        HAVING count(DISTINCT atttypid) > 1
        UNION ALL
        SELECT format('%s: a reference table may not point (%s) to the distributed table %s',
                      here.name, conname, target.name)
        FROM present AS here
        JOIN pg_constraint ON conrelid = here.relation AND contype = 'f'
        JOIN present AS target ON target.relation = confrelid
        WHERE here.wanted_kind = 'reference' AND target.wanted_kind = 'distributed'
        UNION ALL
        SELECT format('%s: foreign key %s to %s must contain %s on both sides',
                      here.name, conname, target.name, {column})
        FROM present AS here
        JOIN pg_constraint ON conrelid = here.relation AND contype = 'f'
        JOIN present AS target ON target.relation = confrelid
        WHERE here.wanted_kind = 'distributed' AND target.wanted_kind = 'distributed'
          AND here.kind = 'plain'
          AND NOT EXISTS (
              SELECT FROM unnest(conkey, confkey) AS pair (own, other)
              JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = pair.own
              JOIN pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = pair.other
              WHERE a.attname = {column} AND b.attname = {column})
        UNION ALL
        SELECT format('%s: foreign key %s points to %s, which is neither distributed nor a '
                      'reference table', here.name, conname, confrelid::regclass)
        FROM present AS here
        JOIN pg_constraint ON conrelid = here.relation AND contype = 'f'
        WHERE here.wanted_kind = 'distributed' AND here.kind = 'plain'
          AND confrelid <> here.relation
          AND confrelid NOT IN (SELECT relation FROM present)
    ) AS rules;
    IF mistakes IS NOT NULL THEN
        RAISE EXCEPTION E'nothing was distributed:\\n%', mistakes;
    END IF;
END
$$;
"""

_DISTRIBUTE = """
-- Each table in a transaction of its own. Reference tables first: the others point to them.
SELECT format('SELECT create_reference_table(%L)', relation::text)
FROM present WHERE wanted_kind = 'reference' AND kind = 'plain' ORDER BY name
\\gexec

-- Then a table after those that it points to.
WITH RECURSIVE depths (relation, depth) AS (
    SELECT relation, 0 FROM present WHERE wanted_kind = 'distributed'
    UNION
    SELECT conrelid::regclass, depth + 1
    FROM depths
    JOIN pg_constraint ON confrelid = depths.relation AND contype = 'f' AND conrelid <> confrelid
    JOIN present ON present.relation = conrelid AND wanted_kind = 'distributed'
    WHERE depth < {tables}
)
SELECT format('SELECT create_distributed_table(%L, %L)', relation::text, {column})
FROM present JOIN depths USING (relation)
WHERE kind = 'plain'
GROUP BY relation, name
ORDER BY max(depth), name
\\gexec

SELECT name, kind, distributed_by FROM present ORDER BY kind, name;
"""


def distribution_sql(
    *,
    distributed_tables: Sequence[str],
    reference_tables: Sequence[str],
    column: str,
    schema: str = "public",
) -> str:
    """The script for psql. Raises ValueError when a table is named twice."""
    names = [*reference_tables, *distributed_tables]
    if len(set(names)) != len(names):
        raise ValueError(f"a table is named twice: {', '.join(sorted(names))}")
    rows = [(name, "reference") for name in reference_tables]
    rows += [(name, "distributed") for name in distributed_tables]
    wanted = ",\n".join(f"    ({_literal(name)}, {_literal(kind)})" for name, kind in rows)
    parts = (
        _PREPARE.format(
            schema=_identifier(schema),
            lock_timeout=LOCK_TIMEOUT_SECONDS,
            shard_count=SHARD_COUNT,
            lock_key=_LOCK_KEY,
            wanted=wanted,
        ),
        _CHECK.format(column=_literal(column)),
        _DISTRIBUTE.format(column=_literal(column), tables=len(distributed_tables)),
    )
    return "".join(parts)


def distribution_script(directory: str, reconnect: str) -> str:
    """For `sh`: the SQL, and every pooler's new connections where it has distributed anything.

    Both files are in `directory`. It compares what Citus knows before and after, so that a run that
    failed halfway reconnects as well. Exits with the SQL's code, or that of `reconnect`.
    """
    return f"""\
known() {{
  psql --no-psqlrc --no-align --tuples-only --command '{_KNOWN}'
}}
before=$(known)
psql --no-psqlrc --file={directory}/{SQL_FILE}
code=$?
after=$(known)
if [ "$before" != "$after" ]; then
  timeout {DEADLINE_SECONDS} sh {directory}/{reconnect} || code=$?
fi
exit $code
"""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
