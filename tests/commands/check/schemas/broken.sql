-- Valid for PostgreSQL, and broken in every way that the checker knows.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER archive FOREIGN DATA WRAPPER postgres_fdw;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE IF NOT EXISTS in_a_function (id int); -- no statement of this file
    RETURN NEW;
END $$;
CREATE SEQUENCE numbers;
CREATE SCHEMA app;

CREATE TABLE doctors (id uuid PRIMARY KEY); -- tenant-identifier-missing
CREATE TABLE visits (organization_id uuid, id uuid PRIMARY KEY); -- tenant-table-local
CREATE TABLE app.feature_flags (name text PRIMARY KEY); -- table-missing: not in public

CREATE TABLE patients (
    organization_id bit(8), -- nullable, without a hash function, another type than in artifacts
    id uuid PRIMARY KEY,
    email text UNIQUE,
    chart int DEFAULT nextval('numbers'::regclass), -- sequence-too-small
    room int4range,
    doctor_id uuid,
    twin_id uuid,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, twin_id)
        REFERENCES patients (organization_id, id) ON DELETE SET NULL (twin_id),
    EXCLUDE USING gist (room WITH &&)
);
CREATE UNIQUE INDEX patients_email_lower
    ON patients (lower(email)) INCLUDE (doctor_id) WHERE email IS NOT NULL;
ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_doctor FOREIGN KEY (doctor_id) REFERENCES doctors (id);
CREATE TRIGGER touch_patients BEFORE UPDATE ON patients
    FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE no_delete AS ON DELETE TO patients DO INSTEAD NOTHING;
CREATE POLICY own ON patients
    USING (doctor_id IN (SELECT id FROM doctors));

CREATE TABLE artifacts_ids (id bigint PRIMARY KEY);
CREATE TABLE base (note text);
CREATE TABLE artifacts (
    source bigint,
    organization_id bigint NOT NULL GENERATED ALWAYS AS (source) STORED,
    id bigint DEFAULT nextval('numbers'), -- sequence-shared
    patient_id uuid REFERENCES patients,
    FOREIGN KEY (id) REFERENCES artifacts_ids ON DELETE SET DEFAULT
) INHERITS (base);

CREATE TABLE audit_logs (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE FOREIGN TABLE audit_logs_2025 PARTITION OF audit_logs
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') SERVER archive;
CREATE TABLE audit_logs_2026 PARTITION OF audit_logs
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (at);

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    first_patient uuid REFERENCES patients (id),
    contact uuid REFERENCES doctors (id) ON DELETE SET NULL
) PARTITION BY HASH (id);
