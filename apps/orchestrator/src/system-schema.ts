import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

// No tenant's: in the system database, which is tenants' own until Citus serves them.

/** What is published of finished studies, for anybody. */
export const studies = pgTable('studies', {
  id: uuid().primaryKey(),
  title: text().notNull(),
  publishedAt: timestamp('published_at', { withTimezone: true }).notNull().defaultNow(),
});

/** The literature that is searched. */
export const publications = pgTable('publications', {
  id: text().primaryKey(),
  title: text().notNull(),
});
