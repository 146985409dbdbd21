"""What breaks each of Citus' rules, and what looks like it and doesn't."""

from __future__ import annotations

import pytest

REST = """
CREATE TABLE organizations (id uuid PRIMARY KEY);
CREATE TABLE feature_flags (name text PRIMARY KEY);
CREATE TABLE artifacts (organization_id uuid NOT NULL);
CREATE TABLE audit_logs (organization_id uuid NOT NULL);
"""
"""Tables that the plan names and most cases don't create; comes after a case's own statements."""

PATIENTS = (
    "CREATE TABLE patients (organization_id uuid, id uuid, PRIMARY KEY (organization_id, id));"
)
DOCTORS = "CREATE TABLE doctors (id uuid PRIMARY KEY, organization_id uuid);"

CASES = [
    pytest.param(
        "table-missing",
        "CREATE TABLE app.patients (organization_id uuid NOT NULL); -- <<",
        "patients",
        "CREATE TABLE public.patients (organization_id uuid NOT NULL);",
        id="a planned table in another schema is missing",
    ),
    pytest.param(
        "table-missing",
        "CREATE TEMP TABLE patients (organization_id uuid NOT NULL); -- <<",
        "patients",
        "SET search_path = public, app; CREATE TABLE patients (organization_id uuid NOT NULL);",
        id="a temporary table is none",
    ),
    pytest.param(
        "table-kind",
        "CREATE VIEW patients AS SELECT 1; -- <<",
        "patients",
        PATIENTS,
        id="a view can't be distributed",
    ),
    pytest.param(
        "table-kind",
        "CREATE FOREIGN TABLE patients (organization_id uuid) SERVER s; -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid) PARTITION BY HASH (organization_id);",
        id="a foreign table can't, a partitioned one can",
    ),
    pytest.param(
        "table-kind",
        "CREATE TABLE patients AS SELECT * FROM old; -- <<",
        "patients",
        "CREATE MATERIALIZED VIEW p AS SELECT * FROM patients;" + PATIENTS,
        id="keys of a query's result can't be checked",
    ),
    pytest.param(
        "inheritance",
        "CREATE TABLE base (a int);\nCREATE TABLE patients (id uuid) INHERITS (base); -- <<",
        "patients",
        "CREATE TABLE base (a int); CREATE TABLE patients (LIKE base, id uuid);",
        id="a child table",
    ),
    pytest.param(
        "inheritance",
        PATIENTS + "\nCREATE TABLE inpatients () INHERITS (patients); -- <<",
        "patients",
        PATIENTS + "CREATE TABLE a (x int); CREATE TABLE b () INHERITS (a);",
        id="a parent table",
    ),
    pytest.param(
        "partitioning",
        "CREATE TABLE everyone (organization_id uuid) PARTITION BY HASH (organization_id);\n"
        "CREATE TABLE patients PARTITION OF everyone DEFAULT; -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid) PARTITION BY HASH (organization_id);"
        "CREATE TABLE p1 PARTITION OF patients FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        id="a partition can't be distributed by itself",
    ),
    pytest.param(
        "partitioning",
        "CREATE TABLE patients (organization_id uuid, at date) PARTITION BY RANGE (at);\n"
        "CREATE TABLE p1 (organization_id uuid, at date) PARTITION BY LIST (at); -- <<\n"
        "ALTER TABLE patients ATTACH PARTITION p1 DEFAULT;",
        "p1",
        "CREATE TABLE patients (organization_id uuid, at date) PARTITION BY RANGE (at);"
        "CREATE TABLE p1 (organization_id uuid, at date);"
        "ALTER TABLE patients ATTACH PARTITION p1 DEFAULT;",
        id="two levels of partitions",
    ),
    pytest.param(
        "distribution-column-missing",
        "CREATE TABLE patients (id uuid); -- <<",
        "patients",
        "CREATE TABLE patients (id uuid); ALTER TABLE patients ADD COLUMN organization_id uuid;",
        id="no organization_id",
    ),
    pytest.param(
        "distribution-column-missing",
        PATIENTS + " -- <<\nALTER TABLE patients DROP COLUMN organization_id;",
        "patients",
        "CREATE TABLE patients (org uuid);"
        "ALTER TABLE patients RENAME COLUMN org TO organization_id;",
        id="organization_id dropped",
    ),
    pytest.param(
        "distribution-column-nullable",
        "CREATE TABLE patients (\n organization_id uuid -- <<\n);",
        "patients",
        PATIENTS,
        id="nullable; a primary key makes it NOT NULL",
    ),
    pytest.param(
        "distribution-column-nullable",
        "CREATE TABLE patients (organization_id uuid NOT NULL); -- <<\n"
        "ALTER TABLE patients ALTER organization_id DROP NOT NULL;",
        "patients",
        "CREATE TABLE patients (organization_id uuid);"
        "ALTER TABLE ONLY patients ALTER COLUMN organization_id SET NOT NULL;",
        id="nullable by a later statement",
    ),
    pytest.param(
        "distribution-column-nullable",
        "CREATE TABLE patients (organization_id bigint DEFAULT nextval('s')); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id bigint GENERATED ALWAYS AS IDENTITY);",
        id="nullable with a default; an identity column is NOT NULL",
    ),
    pytest.param(
        "distribution-column-generated",
        "CREATE TABLE patients (organization_id int GENERATED ALWAYS AS (1) STORED); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id int GENERATED ALWAYS AS IDENTITY);",
        id="generated; an identity column isn't",
    ),
    pytest.param(
        "distribution-column-type",
        "CREATE TABLE patients (organization_id json); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id jsonb);",
        id="no hash function",
    ),
    pytest.param(
        "distribution-column-type",
        "CREATE TABLE patients (organization_id numeric(5, -2)); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id numeric(5, 2));",
        id="negative scale",
    ),
    pytest.param(
        "distribution-column-types-differ",
        "CREATE TABLE artifacts (organization_id uuid);"
        "CREATE TABLE patients (organization_id text); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id text);"
        "ALTER TABLE patients ALTER COLUMN organization_id TYPE uuid USING organization_id::uuid;",
        id="another type than in the other tables",
    ),
    pytest.param(
        "primary-key",
        "CREATE TABLE patients (\n organization_id uuid,\n id uuid PRIMARY KEY -- <<\n);",
        "patients",
        PATIENTS,
        id="a primary key without it",
    ),
    pytest.param(
        "primary-key",
        "CREATE TABLE IF NOT EXISTS public.patients (organization_id uuid, id uuid);\n"
        "ALTER TABLE ONLY public.patients\n"
        "  ADD CONSTRAINT pk PRIMARY KEY (id) INCLUDE (organization_id); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid, id uuid CONSTRAINT pk PRIMARY KEY);"
        "ALTER TABLE patients DROP CONSTRAINT pk;"
        "ALTER TABLE patients ADD PRIMARY KEY (id, organization_id);",
        id="added later; INCLUDE doesn't count, a replaced key neither",
    ),
    pytest.param(
        "primary-key",
        "CREATE TABLE patients (organization_id uuid, at date) PARTITION BY RANGE (at);\n"
        "CREATE TABLE p1 PARTITION OF patients (PRIMARY KEY (at)) DEFAULT; -- <<",
        "p1",
        "CREATE TABLE patients (organization_id uuid, at date) PARTITION BY RANGE (at);"
        "CREATE TABLE p1 PARTITION OF patients (PRIMARY KEY (at, organization_id)) DEFAULT;",
        id="a partition's own primary key",
    ),
    pytest.param(
        "unique-constraint",
        "CREATE TABLE patients (organization_id uuid, email text,\n UNIQUE (email)); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid, email text UNIQUE);"
        "ALTER TABLE patients DROP CONSTRAINT patients_email_key;"
        "ALTER TABLE patients ADD UNIQUE (email, organization_id);",
        id="a unique constraint without it",
    ),
    pytest.param(
        "unique-constraint",
        "CREATE TABLE patients (organization_id uuid, email text);"
        "CREATE UNIQUE INDEX i ON patients (email);\n"
        "ALTER TABLE patients ADD CONSTRAINT u UNIQUE USING INDEX i; -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid, email text);"
        "CREATE UNIQUE INDEX i ON patients (organization_id, email);"
        "ALTER TABLE patients ADD CONSTRAINT u UNIQUE USING INDEX i;",
        id="made from an index",
    ),
    pytest.param(
        "unique-index",
        PATIENTS + "\nCREATE UNIQUE INDEX IF NOT EXISTS i -- <<\n"
        " ON public.patients (id) INCLUDE (organization_id);",
        "patients",
        PATIENTS + "CREATE INDEX ON patients (id); CREATE UNIQUE INDEX ON patients"
        " (lower(id::text), organization_id) WHERE id IS NOT NULL;",
        id="a unique index without it",
    ),
    pytest.param(
        "unique-index",
        PATIENTS + "\nCREATE UNIQUE INDEX ON patients (md5(organization_id::text)); -- <<",
        "patients",
        PATIENTS + "CREATE UNIQUE INDEX i ON patients (id); DROP INDEX i;",
        id="an expression over it is not it",
    ),
    pytest.param(
        "exclusion-constraint",
        "CREATE TABLE patients (organization_id uuid, stay tstzrange,\n"
        " EXCLUDE USING gist (organization_id WITH <>, stay WITH &&)); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid, stay tstzrange,"
        " EXCLUDE USING gist (organization_id WITH =, stay WITH &&));",
        id="an exclusion constraint that doesn't compare it by equality",
    ),
    pytest.param(
        "foreign-key-to-local-table",
        DOCTORS + "CREATE TABLE patients (organization_id uuid,\n"
        " doctor uuid REFERENCES doctors); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid REFERENCES organizations);",
        id="to a local table; to a reference table is fine",
    ),
    pytest.param(
        "foreign-key-without-distribution-column",
        PATIENTS + "CREATE TABLE artifacts (organization_id uuid, patient uuid);\n"
        "ALTER TABLE artifacts ADD FOREIGN KEY (organization_id, patient) -- <<\n"
        " REFERENCES patients (id, organization_id);",
        "artifacts",
        PATIENTS + "CREATE TABLE artifacts (organization_id uuid, patient uuid);"
        "ALTER TABLE artifacts ADD FOREIGN KEY (patient, organization_id)"
        " REFERENCES patients (id, organization_id);",
        id="at another position",
    ),
    pytest.param(
        "foreign-key-without-distribution-column",
        PATIENTS + "CREATE TABLE artifacts (organization_id uuid, patient uuid,\n"
        " FOREIGN KEY (patient, organization_id) REFERENCES patients); -- <<",
        "artifacts",
        PATIENTS + "CREATE TABLE artifacts (organization_id uuid, patient uuid,"
        " FOREIGN KEY (organization_id, patient) REFERENCES patients);",
        id="the primary key's columns are meant when none are written",
    ),
    pytest.param(
        "foreign-key-to-distributed-table",
        PATIENTS + "\nCREATE TABLE feature_flags (p uuid REFERENCES patients (id)); -- <<",
        "feature_flags",
        "CREATE TABLE feature_flags (o uuid REFERENCES organizations (id));",
        id="from a reference table",
    ),
    pytest.param(
        "foreign-key-to-distributed-table",
        PATIENTS + "\nCREATE TABLE notes (p uuid REFERENCES patients (id)); -- <<",
        "notes",
        PATIENTS + "CREATE TABLE notes (p uuid CONSTRAINT f REFERENCES patients (id));"
        "ALTER TABLE notes DROP CONSTRAINT f;",
        id="from a local table",
    ),
    pytest.param(
        "foreign-key-reference-to-local-action",
        DOCTORS + "\nCREATE TABLE feature_flags (\n"
        " d uuid REFERENCES doctors ON DELETE CASCADE); -- <<",
        "feature_flags",
        DOCTORS + "CREATE TABLE feature_flags (d uuid REFERENCES doctors ON DELETE RESTRICT);",
        id="cascading from a local table",
    ),
    pytest.param(
        "foreign-key-action",
        "CREATE TABLE patients (\n"
        " organization_id uuid REFERENCES organizations ON UPDATE CASCADE); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid REFERENCES organizations ON DELETE CASCADE);",
        id="an update that would move the row",
    ),
    pytest.param(
        "foreign-key-action",
        PATIENTS + "CREATE TABLE artifacts (organization_id uuid, patient uuid,\n"
        " FOREIGN KEY (organization_id, patient) -- <<\n"
        " REFERENCES patients ON DELETE SET NULL (patient));",
        "artifacts",
        "CREATE TABLE patients (organization_id uuid,"
        " org uuid REFERENCES organizations ON DELETE SET NULL);",
        id="SET NULL, even of other columns only",
    ),
    pytest.param(
        "foreign-key-sets-sequence",
        "CREATE TABLE patients (organization_id uuid,\n"
        " ward bigserial REFERENCES organizations ON DELETE SET DEFAULT); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid,"
        " ward bigint DEFAULT 1 REFERENCES organizations ON DELETE SET DEFAULT);",
        id="a default that comes from a sequence",
    ),
    pytest.param(
        "trigger",
        PATIENTS + "\nCREATE TRIGGER t AFTER INSERT ON patients EXECUTE FUNCTION f(); -- <<",
        "patients",
        PATIENTS + "CREATE TRIGGER t AFTER INSERT ON patients EXECUTE FUNCTION f();"
        "DROP TRIGGER t ON patients;"
        + DOCTORS
        + "CREATE TRIGGER t AFTER INSERT ON doctors EXECUTE FUNCTION f();",
        id="a trigger; one on a local table is fine",
    ),
    pytest.param(
        "trigger",
        REST + "CREATE TRIGGER t AFTER INSERT ON organizations EXECUTE FUNCTION f(); -- <<",
        "organizations",
        "",
        id="a trigger on a reference table",
    ),
    pytest.param(
        "rewrite-rule",
        PATIENTS + "\nCREATE RULE r AS ON DELETE TO patients DO INSTEAD NOTHING; -- <<",
        "patients",
        PATIENTS + "CREATE RULE r AS ON DELETE TO patients DO INSTEAD NOTHING;"
        "DROP RULE r ON patients;",
        id="a rewrite rule",
    ),
    pytest.param(
        "policy-subquery",
        PATIENTS + "\nCREATE POLICY p ON patients FOR INSERT -- <<\n"
        " WITH CHECK (true AND EXISTS (SELECT 1));",
        "patients",
        PATIENTS + "CREATE POLICY p ON patients USING (organization_id = f('a'));",
        id="a policy with a subquery",
    ),
    pytest.param(
        "sequence-shared",
        "CREATE TABLE patients (organization_id uuid, n int DEFAULT nextval('s'));\n"
        "CREATE TABLE artifacts (organization_id uuid, n bigint DEFAULT nextval('s')); -- <<",
        "artifacts",
        "CREATE TABLE patients (organization_id uuid, n bigint DEFAULT nextval('s'));"
        "CREATE TABLE artifacts (organization_id uuid, n bigint DEFAULT nextval('public.s'));",
        id="one sequence for two types",
    ),
    pytest.param(
        "sequence-too-small",
        "CREATE TABLE patients (organization_id uuid,\n n serial); -- <<",
        "patients",
        "CREATE TABLE patients (organization_id uuid, n bigserial, m int DEFAULT 1);",
        id="serial",
    ),
    pytest.param(
        "sequence-too-small",
        "CREATE TABLE patients (organization_id uuid, n int NOT NULL); -- <<\n"
        "ALTER TABLE patients ALTER n ADD GENERATED BY DEFAULT AS IDENTITY;",
        "patients",
        "CREATE TABLE patients (organization_id uuid, n serial);"
        "ALTER TABLE patients ALTER COLUMN n TYPE bigint;",
        id="an identity column as pg_dump writes it",
    ),
    pytest.param(
        "sequence-too-small",
        "CREATE TABLE patients (organization_id uuid, n serial) PARTITION BY HASH (n); -- <<\n"
        "CREATE TABLE p1 PARTITION OF patients FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        "patients",
        "CREATE TABLE visits (organization_id uuid, n serial);",
        id="told once of a partitioned table, never of a local one",
    ),
    pytest.param(
        "tenant-table-local",
        "CREATE TABLE visits (organization_id uuid) PARTITION BY HASH (organization_id); -- <<\n"
        "CREATE TABLE v1 PARTITION OF visits FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        "visits",
        "CREATE TABLE patients (organization_id uuid);",
        id="a partitioned table is told of once",
    ),
    pytest.param(
        "tenant-table-local",
        "CREATE TABLE visits (organization_id uuid); -- <<",
        "visits",
        "CREATE TABLE visits (organization_id uuid); DROP TABLE visits;",
        id="a tenant's table that stays on the coordinator",
    ),
    pytest.param(
        "tenant-identifier-missing",
        "CREATE TABLE visits (id uuid); -- <<",
        "visits",
        "CREATE TABLE visits (id uuid); ALTER TABLE visits RENAME TO patients;",
        id="a table of nobody",
    ),
]
"""Rule, SQL that breaks it (`-- <<` marks the line to name), table, SQL that doesn't break it."""
