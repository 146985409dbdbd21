import { STATUS_CODES } from 'node:http';
import { and, desc, eq, ilike } from 'drizzle-orm';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { v5 as uuidOf, v4 as newUuid, validate as isUuid } from 'uuid';
import type { Cache, Cached } from './cache.js';
import type { Databases } from './database.js';
import type { Jobs } from './jobs.js';
import { facts, log } from './log.js';
import type { Metrics } from './metrics.js';
import { StoreAway } from './retry.js';
import { analyses, auditLogs, featureFlags, patients } from './schema.js';
import type { Session, Sessions } from './sessions.js';
import type { EntryKind, Settings } from './settings.js';
import { publications, studies } from './system-schema.js';
import type { Workflows } from './temporal.js';

const RETRY_AFTER_SECONDS = '2';
const MOST_ROWS = 100;
const LARGEST_BODY_BYTES = 1024 * 1024;

export interface Service {
  settings: Pick<Settings, 'cacheControl' | 'keepAliveSeconds'>;
  databases: Databases;
  cache: Cache;
  jobs: Jobs;
  sessions: Sessions;
  metrics: Metrics;
  /** Undefined where the stack has none. */
  workflows: Workflows | undefined;
}

interface ById {
  Params: { id: string };
}

interface PatientBody {
  id: string;
  name?: string;
  birthDate?: string | null;
}

interface AnalysisBody {
  id?: string;
  patient: string;
  queue?: string;
  priority?: number;
  seconds?: number;
}

interface ReviewBody {
  id?: string;
  dataset: string;
  seconds?: number;
}

const ID = { type: 'string', pattern: '^[\\w.-]{1,128}$' };
const SECONDS = { type: 'number', minimum: 0, maximum: 60 };
const BIRTH_DATE = { type: 'string', format: 'date', nullable: true };
const byId = { params: { type: 'object', properties: { id: ID } } };
const body = (properties: Record<string, object>, ...required: string[]) => ({
  body: { type: 'object', additionalProperties: false, required, properties },
});

/** Only probes and, where it serves, the API. */
export function createServer(keepAliveSeconds: number): FastifyInstance {
  const server = Fastify({
    bodyLimit: LARGEST_BODY_BYTES,
    keepAliveTimeout: keepAliveSeconds * 1000,
    // A request that has begun is answered while the process drains.
    return503OnClosing: false,
  });
  server.setErrorHandler((error, _request, reply) => {
    fail(reply, error);
  });
  server.setNotFoundHandler((_request, reply) => {
    refuse(reply, 404);
  });
  return server;
}

export function addProbes(server: FastifyInstance, ready: () => boolean): void {
  server.get('/health/live', () => 'ok');
  server.get('/health/ready', (_request, reply) =>
    reply.code(ready() ? 200 : 503).send(ready() ? 'ok' : 'not ready'),
  );
}

/** The API of the plan: reads through cache and replica, writes on the primary, jobs in the queue. */
export function addApi(server: FastifyInstance, service: Service): void {
  const { databases, cache, jobs, sessions, metrics, workflows } = service;

  server.addHook('onRequest', async (request, reply) => {
    if (!isProbe(request)) reply.header('cache-control', cacheControlOf(service, request));
  });
  server.addHook('onResponse', async (request, reply) => {
    if (isProbe(request)) return;
    const route = request.routeOptions.url ?? 'none';
    metrics.count(request.method, route, reply.statusCode, reply.elapsedTime);
  });

  const through = async <T>(
    reply: FastifyReply,
    kind: EntryKind,
    key: string,
    find: () => Promise<T>,
  ): Promise<Cached<T>> => {
    const read = await cache.through(kind, key, find);
    metrics.countRead(kind.toLowerCase(), read.hit);
    reply.header('x-cache', read.hit ? 'hit' : 'miss');
    return read;
  };

  server.get('/api/public/studies', async (_request, reply) => {
    const read = await through(reply, 'API_RESPONSE', 'studies', () =>
      databases.readSystem((database) =>
        database.select().from(studies).orderBy(desc(studies.publishedAt)).limit(MOST_ROWS),
      ),
    );
    return read.value;
  });

  server.register((signedIn, _options, done) => {
    signedIn.addHook('onRequest', async (request, reply) => {
      const session = await sessions.of(request.headers);
      if (!session) return refuse(reply, 401);
      request.setDecorator<Session>('session', session);
    });
    signedIn.decorateRequest('session', null);
    const sessionOf = (request: FastifyRequest) => request.getDecorator<Session>('session');

    signedIn.delete('/api/session', async (request, reply) => {
      await sessions.end(request.headers);
      return reply.code(204).send();
    });

    signedIn.get('/api/patients', async (request) => {
      const { organizationId } = sessionOf(request);
      return databases.read((database) =>
        database
          .select({ id: patients.id, name: patients.name, birthDate: patients.birthDate })
          .from(patients)
          .where(eq(patients.organizationId, organizationId))
          .orderBy(patients.id)
          .limit(MOST_ROWS),
      );
    });

    signedIn.get<ById>('/api/patients/:id', { schema: byId }, async (request, reply) => {
      const { organizationId } = sessionOf(request);
      const { id } = request.params;
      const { value } = await through(reply, 'API_RESPONSE', keyOf(organizationId, id), () =>
        databases.read(async (database) => {
          const [found] = await database
            .select()
            .from(patients)
            .where(and(eq(patients.organizationId, organizationId), eq(patients.id, id)));
          return found;
        }),
      );
      return value ?? refuse(reply, 404);
    });

    const save = async (session: Session, patient: PatientBody) => {
      const { organizationId, userId } = session;
      const { id, birthDate = null } = patient;
      const [name, audit] = [patient.name ?? id, newUuid()];
      const row = await databases.write(async (transaction) => {
        const changes = { name, birthDate, updatedAt: new Date() };
        const [saved] = await transaction
          .insert(patients)
          .values({ organizationId, id, ...changes })
          .onConflictDoUpdate({ target: [patients.organizationId, patients.id], set: changes })
          .returning();
        // The same of each attempt: a commit whose answer was lost has written it already.
        const entry = { organizationId, id: audit, userId, action: 'save', subject: id };
        await transaction.insert(auditLogs).values(entry).onConflictDoNothing();
        return saved;
      });
      // Not only forgotten: a replica that lags behind would bring the old row back.
      await cache.keep('API_RESPONSE', keyOf(organizationId, id), row);
      return row;
    };

    signedIn.post<{ Body: PatientBody }>(
      '/api/patients',
      { schema: body({ id: ID, name: { type: 'string' }, birthDate: BIRTH_DATE }, 'id') },
      async (request, reply) => reply.code(201).send(await save(sessionOf(request), request.body)),
    );

    signedIn.put<ById & { Body: Omit<PatientBody, 'id'> }>(
      '/api/patients/:id',
      { schema: { ...byId, ...body({ name: { type: 'string' }, birthDate: BIRTH_DATE }) } },
      async (request) => save(sessionOf(request), { ...request.body, id: request.params.id }),
    );

    signedIn.post<{ Body: AnalysisBody }>(
      '/api/analyses',
      {
        schema: body(
          {
            id: ID,
            patient: ID,
            queue: { type: 'string', enum: jobs.names },
            priority: { type: 'integer', minimum: 0, maximum: 1000 },
            seconds: SECONDS,
          },
          'patient',
        ),
      },
      async (request, reply) => {
        const { organizationId } = sessionOf(request);
        const { patient: patientId, priority, seconds } = request.body;
        const queue = request.body.queue ?? jobs.names[0] ?? '';
        const id = idOf(organizationId, request.body.id);
        // The job first: a row without one would wait for ever, and a worker makes the row it lacks.
        await jobs.add(queue, { organizationId, analysisId: id, patientId, seconds }, priority);
        await databases.write((transaction) =>
          transaction
            .insert(analyses)
            .values({ organizationId, id, queue, patientId })
            .onConflictDoNothing(),
        );
        return reply.code(202).send({ id });
      },
    );

    signedIn.get('/api/analyses', async (request) => {
      const { organizationId } = sessionOf(request);
      return databases.read((database) =>
        database
          .select({ id: analyses.id, queue: analyses.queue, state: analyses.state })
          .from(analyses)
          .where(eq(analyses.organizationId, organizationId))
          .orderBy(desc(analyses.createdAt))
          .limit(MOST_ROWS),
      );
    });

    /** Undefined while the queue is away: what else is known of an analysis the database says. */
    const progressOf = async (queue: string, id: string): Promise<number | undefined> => {
      try {
        return await jobs.progress(queue, id);
      } catch (error) {
        log.warn(facts(error), 'the queue gave no answer');
        return undefined;
      }
    };

    signedIn.get<ById>('/api/analyses/:id', { schema: byId }, async (request, reply) => {
      const { organizationId } = sessionOf(request);
      const id = idOf(organizationId, request.params.id);
      const [found] = await databases.read((database) =>
        database
          .select()
          .from(analyses)
          .where(and(eq(analyses.organizationId, organizationId), eq(analyses.id, id))),
      );
      if (!found) return refuse(reply, 404);
      const { queue, state, result } = found;
      const progress = state === 'running' ? await progressOf(queue, id) : 0;
      return { id, queue, state, progress, result };
    });

    signedIn.get('/api/flags', async (_request, reply) => {
      const { value } = await through(reply, 'FEATURE_FLAG', 'all', () =>
        databases.read((database) => database.select().from(featureFlags)),
      );
      return Object.fromEntries(value.map(({ name, enabled }) => [name, enabled]));
    });

    signedIn.get<{ Querystring: { q: string } }>(
      '/api/literature',
      {
        schema: {
          querystring: {
            type: 'object',
            required: ['q'],
            properties: { q: { type: 'string', minLength: 2, maxLength: 200 } },
          },
        },
      },
      async (request, reply) => {
        const words = request.query.q.toLowerCase();
        const { value } = await through(reply, 'LITERATURE_SEARCH', words, () =>
          databases.readSystem((database) =>
            database
              .select()
              .from(publications)
              .where(ilike(publications.title, `%${words.replace(/[\\%_]/g, '\\$&')}%`))
              .limit(MOST_ROWS),
          ),
        );
        return value;
      },
    );

    if (workflows) {
      signedIn.post<{ Body: ReviewBody }>(
        '/api/reviews',
        { schema: body({ id: ID, dataset: ID, seconds: SECONDS }, 'dataset') },
        async (request, reply) => {
          const { organizationId } = sessionOf(request);
          const { dataset: datasetId, seconds } = request.body;
          const id = idOf(organizationId, request.body.id);
          await workflows.start(id, { organizationId, datasetId, seconds });
          return reply.code(202).send({ id });
        },
      );

      signedIn.get<ById>('/api/reviews/:id', { schema: byId }, async (request, reply) => {
        const { organizationId } = sessionOf(request);
        const found = await workflows.look(idOf(organizationId, request.params.id));
        return found?.organizationId === organizationId ? found.review : refuse(reply, 404);
      });
    }
    done();
  });
}

/** A client names what it starts by a UUID or by any word of its own, of which one is made. */
function idOf(organizationId: string, named: string | undefined): string {
  if (named === undefined) return newUuid();
  return isUuid(named) ? named : uuidOf(named, organizationId);
}

/** A patient's entry in the cache. */
function keyOf(organizationId: string, id: string): string {
  return `${organizationId}:patients:${id}`;
}

function isProbe(request: FastifyRequest): boolean {
  return request.url.startsWith('/health/');
}

/** The plan's cache headers. */
function cacheControlOf({ settings }: Service, request: FastifyRequest): string {
  const { mutation, public: forAll, publicPrefix, authenticated } = settings.cacheControl;
  if (request.method !== 'GET' && request.method !== 'HEAD') return mutation;
  return request.url.startsWith(publicPrefix) ? forAll : authenticated;
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send({ error: STATUS_CODES[status] });
}

/** What the request is told; what is wrong with us says the log. */
function fail(reply: FastifyReply, error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (error instanceof StoreAway) {
    log.error(facts(error.cause), 'a store was away for too long');
    void refuse(reply.header('retry-after', RETRY_AFTER_SECONDS), 503);
  } else if (status < 500) {
    void refuse(reply, status);
  } else {
    log.error(facts(error), 'a request failed');
    void refuse(reply, 500);
  }
}
