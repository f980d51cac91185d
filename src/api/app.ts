import { fileURLToPath } from 'node:url';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type ApiApp, accessOf, needs } from './api-app.ts';
import { type AttemptLimiter, Authenticator } from './authenticator.ts';
import { EventStreams } from './event-streams.ts';
import { measureRequests } from './http-metrics.ts';
import { readPageFiles } from './page-files.ts';
import { API_DEFAULTS, type ApiOptions, type ApiParts, type ApiSettings } from './parts.ts';
import { ApiProblem, PROBLEM_MEDIA_TYPE, PROBLEMS, toProblem } from './problem.ts';
import { cameraRoutes } from './routes/cameras.ts';
import { caseRoutes } from './routes/cases.ts';
import { countRoutes } from './routes/counts.ts';
import { coverageRoutes } from './routes/coverage.ts';
import { deviceCommandRoutes } from './routes/device-commands.ts';
import { deviceRoutes } from './routes/devices.ts';
import { eventRoutes } from './routes/events.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { healthRoutes } from './routes/health.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { liveRoutes } from './routes/live.ts';
import { modelRoutes } from './routes/models.ts';
import { observationRoutes } from './routes/observations.ts';
import { pageRoutes } from './routes/page.ts';
import { pendingDeviceRoutes } from './routes/pending-devices.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { recoveryRoutes } from './routes/recoveries.ts';
import { reportRoutes } from './routes/reports.ts';
import { seriesRoutes } from './routes/series.ts';
import { sessionRoutes } from './routes/session.ts';
import { suppressionRoutes } from './routes/suppressions.ts';
import { SessionTable } from './sessions.ts';
import { compileValidator } from './validation.ts';
import { takeWebSockets } from './web-sockets.ts';

const MINUTE_MS = 60_000;
/** Addresses whose failed attempts are counted; the longest unseen is forgotten. */
const ADDRESSES_MAX = 5000;
/** What is still being answered at shutdown has so long. */
const CLOSE_GRACE_MS = 2000;

const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

/** Builds the HTTP side as a value: the caller listens, injects and closes. */
export async function buildApi(parts: ApiParts, options: ApiOptions): Promise<ApiApp> {
  const settings: ApiSettings = { ...API_DEFAULTS, ...definedOf(options) };
  const pageFiles = readPageFiles(options.pageDir ?? fileURLToPath(new URL('./page/', import.meta.url)));
  const app: ApiApp = Fastify({
    logger: false,
    ...(options.createServer && { serverFactory: options.createServer }),
    trustProxy: options.trustProxy ?? false,
    bodyLimit: settings.body_bytes_max,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => refuse(parts, error, request, reply as FastifyReply),
  }).withTypeProvider<TypeBoxTypeProvider>();

  const streams = new EventStreams({
    events: parts.events,
    source: options.source,
    limits: settings,
    log: parts.log,
  });
  prepare(app, parts, streams);
  await takeWebSockets(app, options.otherSockets ?? []);
  await app.register(rateLimit, { global: false });
  await describe(app, options);
  const auth = new Authenticator({
    keys: parts.keys,
    devices: parts.devices,
    sessions: new SessionTable(
      { sessions_max: settings.sessions_max, lifetime_ms: settings.session_lifetime_ms },
      parts.clock,
    ),
    limiter: limiterOf(app, settings),
  });
  app.addHook('onRequest', (request) => auth.check(request));

  healthRoutes(app, parts, options.openMetrics ?? false);
  pageRoutes(app, pageFiles);
  await app.register(
    (instance, _options, done) => {
      const v1: ApiApp = instance;
      deviceRoutes(v1, parts, settings);
      pendingDeviceRoutes(v1, parts);
      deviceCommandRoutes(v1, parts);
      seriesRoutes(v1, parts);
      observationRoutes(v1, parts, auth);
      incidentRoutes(v1, parts);
      countRoutes(v1, parts);
      evidenceRoutes(v1, parts, auth);
      eventRoutes(v1, parts, { auth, streams, source: options.source });
      caseRoutes(v1, parts, auth);
      quarantineRoutes(v1, parts);
      cameraRoutes(v1, parts, auth);
      coverageRoutes(v1, parts);
      reportRoutes(v1, parts);
      modelRoutes(v1, parts);
      liveRoutes(v1, parts, { auth, settings });
      recoveryRoutes(v1, parts);
      suppressionRoutes(v1, parts, auth);
      sessionRoutes(v1, auth, { ...options, ...settings }, parts.clock);
      v1.get('/openapi.json', { config: needs('open'), schema: { hide: true } }, () => app.swagger());
      done();
    },
    { prefix: '/api/v1' },
  );
  await app.ready();
  return app;
}

/** Hooks and handlers that hold for every route. */
function prepare(app: ApiApp, parts: ApiParts, streams: EventStreams): void {
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler((error, request, reply) => refuse(parts, error, request, reply));
  app.setNotFoundHandler((request, reply) => refuse(parts, new ApiProblem('not-found'), request, reply));
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    done();
  });
  app.addHook('onRoute', (route) => {
    if (accessOf(route.config) === undefined) throw new Error(`${route.url}: nobody said who may use it`);
    // Unknown query keys are refused everywhere, also where a route takes none.
    route.schema = { querystring: Type.Object({}, { additionalProperties: false }), ...route.schema };
  });
  measureRequests(app, parts.metrics, streams);
  streams.start();
  app.addHook('preClose', async () => {
    await streams.stop();
    setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
}

function refuse(parts: ApiParts, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  const { status } = PROBLEMS[problem.code];
  if (problem.code === 'internal') {
    parts.log.error(
      { err: error, method: request.method, route: request.routeOptions.url },
      'request failed',
    );
  }
  return reply
    .code(status)
    .headers(problem.headers)
    .header('Cache-Control', 'no-store')
    .type(PROBLEM_MEDIA_TYPE)
    .serializer(String)
    .send(JSON.stringify(problem));
}

async function describe(app: ApiApp, { version }: ApiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Xuncheng 巡城',
        version,
        description:
          'Sensing gateway for city management. Errors are RFC 9457 problem details. Lists are paged by cursor: pass `next` as `after`. Unknown query keys are refused.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'API key' },
          device: { type: 'http', scheme: 'basic', description: 'Device id and secret, for telemetry alone' },
          session: { type: 'apiKey', in: 'cookie', name: 'xuncheng_session' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const access = accessOf(route.config);
      const keys = [{ key: [] }, { session: [] }];
      const security = access === 'open' ? [] : access === 'telemetry' ? [...keys, { device: [] }] : keys;
      return { url, schema: { ...schema, security } };
    },
  });
}

function limiterOf(app: ApiApp, settings: ApiSettings): AttemptLimiter {
  const max = settings.failed_attempts_per_minute_max;
  const count = app.createRateLimit({ max, timeWindow: MINUTE_MS, ...{ cache: ADDRESSES_MAX } });
  return {
    left: async (request) => {
      const state = await count(request, { increment: false });
      return state.isAllowed
        ? { left: max, retry_s: 0 }
        : { left: state.remaining, retry_s: state.ttlInSeconds };
    },
    failed: async (request) => {
      await count(request);
    },
  };
}

/** Options given as undefined are as if not given. */
function definedOf(options: ApiOptions): Partial<ApiSettings> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
