import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/system-schema.ts',
  out: './migrations/system',
});
