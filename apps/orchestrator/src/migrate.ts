import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';
import { facts, log } from './log.js';

/** One migration at a time; a second Job waits here. Any number that nobody else uses. */
const LOCK = 727_001;

async function run(url: string | undefined, name: 'tenants' | 'system'): Promise<void> {
  if (url === undefined) throw new Error('a URL of a database is not set');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await migrate(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL(`../migrations/${name}`, import.meta.url)),
      migrationsSchema: 'public',
      // Both may be one database, and each folder counts by itself.
      migrationsTable: `migrations_of_${name}`,
    });
  } finally {
    await client.end();
  }
  log.info({ of: name }, 'migrated');
}

try {
  await run(process.env.DATABASE_URL, 'tenants');
  await run(process.env.SYSTEM_DATABASE_URL, 'system');
} catch (error) {
  log.fatal(facts(error), 'the migration failed');
  process.exit(1);
}
