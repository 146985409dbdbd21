-- A schema that Citus can hold: every key of a tenant's table starts with its organization.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE IF NOT EXISTS public.organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    settings jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE feature_flags (
    name text PRIMARY KEY,
    enabled boolean NOT NULL DEFAULT false,
    owner_id uuid REFERENCES organizations (id) ON DELETE SET NULL
);

CREATE TABLE patients (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    chart_number bigserial,
    email text,
    stay tstzrange,
    room text,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT patients_email_key UNIQUE (email, organization_id),
    EXCLUDE USING gist (organization_id WITH =, room WITH =, stay WITH &&)
);

CREATE UNIQUE INDEX patients_open_stay ON patients (organization_id, lower(email))
    WHERE upper(stay) IS NULL;
CREATE INDEX ON patients (email); -- not unique, so free of the rule

ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON patients
    USING (organization_id = current_setting('app.organization_id')::uuid);

CREATE TABLE artifacts (
    organization_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    patient_id uuid,
    title text,
    title_length int GENERATED ALWAYS AS (length(title)) STORED,
    PRIMARY KEY (organization_id, id)
);

ALTER TABLE ONLY artifacts
    ADD CONSTRAINT artifacts_patient_fkey FOREIGN KEY (patient_id, organization_id)
        REFERENCES patients (id, organization_id) ON DELETE CASCADE;

CREATE TABLE audit_logs (
    organization_id uuid NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (organization_id, at, id)
) PARTITION BY RANGE (at);

CREATE TABLE audit_logs_2026 PARTITION OF audit_logs
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE VIEW patient_emails AS SELECT organization_id, email FROM patients;
CREATE MATERIALIZED VIEW patients_by_organization AS
    SELECT organization_id, count(*) FROM patients GROUP BY 1;
