import { Gauge, Histogram, type Registry } from 'prom-client';
import type { ApiApp } from './api-app.ts';

/**
 * Counts and times requests by route pattern, never by path: a path holds ids. Streams are a gauge and not
 * timed.
 */
export function measureRequests(app: ApiApp, registry: Registry, streams: { readonly size: number }): void {
  const duration = new Histogram({
    name: 'xuncheng_http_request_duration_seconds',
    help: 'Time from request to end of answer, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'xuncheng_http_event_streams',
    help: 'Open event streams',
    registers: [registry],
    collect() {
      this.set(streams.size);
    },
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    duration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
