import {
  boolean,
  customType,
  date,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const now = (name: string) => timestamp(name, { withTimezone: true }).notNull().defaultNow();

// Each tenant's table is distributed by organization_id, so each key begins with it (Citus).

export const organizations = pgTable('organizations', {
  id: uuid().primaryKey(),
  name: text().notNull(),
});

export const featureFlags = pgTable('feature_flags', {
  name: text().primaryKey(),
  enabled: boolean().notNull(),
});

export const patients = pgTable(
  'patients',
  {
    organizationId: uuid('organization_id').notNull(),
    id: text().notNull(),
    name: text().notNull(),
    birthDate: date('birth_date'),
    updatedAt: now('updated_at'),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.id] })],
);

/** What analyses have produced: reports, by the workflow or job that made them. */
export const artifacts = pgTable(
  'artifacts',
  {
    organizationId: uuid('organization_id').notNull(),
    id: text().notNull(),
    kind: text().notNull(),
    content: jsonb().notNull(),
    createdAt: now('created_at'),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.id] })],
);

/** Who did what to a patient's data. */
export const auditLogs = pgTable(
  'audit_logs',
  {
    organizationId: uuid('organization_id').notNull(),
    id: uuid().notNull(),
    userId: text('user_id').notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    at: now('at'),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.id] })],
);

export const ANALYSIS_STATES = ['waiting', 'running', 'completed', 'failed'] as const;

export const analyses = pgTable(
  'analyses',
  {
    organizationId: uuid('organization_id').notNull(),
    id: uuid().notNull(),
    queue: text().notNull(),
    patientId: text('patient_id').notNull(),
    state: text({ enum: ANALYSIS_STATES }).notNull().default('waiting'),
    result: jsonb(),
    createdAt: now('created_at'),
    updatedAt: now('updated_at'),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.id] })],
);

/** Written by the collaboration server. */
export const documents = pgTable(
  'documents',
  {
    organizationId: uuid('organization_id').notNull(),
    id: text().notNull(),
    state: bytes().notNull(),
    updatedAt: now('updated_at'),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.id] })],
);
