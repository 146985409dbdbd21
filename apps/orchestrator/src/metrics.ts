import { createServer, type Server } from 'node:http';
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const LABELS = ['method', 'route', 'status'] as const;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What Prometheus reads; `route` is a pattern, never a path, since paths name patients. */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: LABELS,
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer.',
    labelNames: LABELS,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [this.registry],
  });
  private readonly reads = new Counter({
    name: 'cached_reads_total',
    help: 'Reads through the cache, by whether it had the entry.',
    labelNames: ['entry', 'outcome'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Clients may send any word as a method, and each would be a series of its own. */
  count(method: string, route: string, status: number, milliseconds: number): void {
    const known = METHODS.includes(method) ? method : 'other';
    const labels = { method: known, route, status: String(status) };
    this.requests.inc(labels);
    this.seconds.observe(labels, milliseconds / 1000);
  }

  countRead(entry: string, hit: boolean): void {
    this.reads.inc({ entry, outcome: hit ? 'hit' : 'miss' });
  }

  /** The server of METRICS_PORT. */
  serve(port: number): Server {
    return createServer((request, response) => {
      if (request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      void this.registry.metrics().then((text) => {
        response.writeHead(200, { 'content-type': this.registry.contentType }).end(text);
      });
    }).listen(port);
  }
}
