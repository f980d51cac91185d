import Type, { type Static } from 'typebox';
import { DEVICE_ID_PATTERN, DEVICE_KINDS, type DeviceKind } from '../../domain/device.ts';
import type { Observation } from '../../domain/observation.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { Authenticator, Principal } from '../authenticator.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem, type ProblemError } from '../problem.ts';
import { CLOSED } from '../query.ts';

/** Most envelopes of one request. */
const ENVELOPES_MAX = 1000;
/** Most observations of one request: they go into one transaction. */
const OBSERVATIONS_MAX = 10_000;
const ERRORS_MAX = 20;

/** What an MQTT message says in its topic and payload. */
const Envelope = Type.Object(
  {
    deviceKind: Type.Enum([...DEVICE_KINDS]),
    deviceId: Type.String({ pattern: DEVICE_ID_PATTERN }),
    channel: Type.String({ pattern: '^[a-z]{1,32}$', description: 'position, reading or status' }),
    payload: Type.Unknown({
      description: 'As over MQTT: one object or an array of up to 1,000, each with `at`',
    }),
  },
  { ...CLOSED, title: 'Telemetry' },
);
type Envelope = Static<typeof Envelope>;

const Body = Type.Union([Envelope, Type.Array(Envelope, { minItems: 1, maxItems: ENVELOPES_MAX })]);

/** `POST /observations`: telemetry over HTTP, all or nothing; the answer leaves once it is on disk. */
export function observationRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'clock' | 'devices' | 'quarantine' | 'accept' | 'decodeTelemetry'>,
  auth: Pick<Authenticator, 'principal'>,
): void {
  app.post(
    '/observations',
    {
      config: needs('telemetry'),
      schema: {
        tags: ['observations'],
        summary: 'Stores telemetry durably, all of it or nothing',
        description:
          'Body: one `{deviceKind, deviceId, channel, payload}` or an array of them; the payload is that of MQTT. With an API key (integrator) for any registered device, or with HTTP Basic (device id and secret) for the device itself. What cannot be decoded is answered with 422 and kept in the quarantine.',
        body: Body,
        response: answers(Type.Object({ stored: Type.Integer({ description: 'Observations stored' }) })),
      },
    },
    async (request) => {
      const envelopes = Array.isArray(request.body) ? request.body : [request.body];
      const pathOf = (index: number, key: string) =>
        Array.isArray(request.body) ? `[${index}].${key}` : key;
      checkSenders(envelopes, auth.principal(request), parts, pathOf);
      const observations = await decodeAll(envelopes, parts, pathOf);
      await parts.accept(observations);
      const now_ms = parts.clock();
      for (const id of new Set(envelopes.map(({ deviceId }) => deviceId))) parts.devices.seen(id, now_ms);
      return { stored: observations.length };
    },
  );
}

type PathOf = (index: number, key: string) => string;

function checkSenders(
  envelopes: readonly Envelope[],
  principal: Principal,
  { devices }: Pick<ApiParts, 'devices'>,
  pathOf: PathOf,
): void {
  const errors: ProblemError[] = [];
  const kinds = new Map<string, DeviceKind | undefined>();
  envelopes.forEach(({ deviceId, deviceKind }, index) => {
    if (principal.kind === 'device' && principal.id !== deviceId) {
      throw new ApiProblem('forbidden', `${principal.id} may send only under its own id`, {
        errors: [{ key: pathOf(index, 'deviceId'), message: 'is not the device that sends' }],
      });
    }
    if (!kinds.has(deviceId)) {
      const device = devices.get(deviceId);
      kinds.set(deviceId, device?.revoked === false ? device.kind : undefined);
    }
    const kind = kinds.get(deviceId);
    if (kind === undefined) {
      errors.push({ key: pathOf(index, 'deviceId'), message: `no device ${deviceId} is registered` });
    } else if (kind !== deviceKind) {
      errors.push({ key: pathOf(index, 'deviceKind'), message: `${deviceId} is registered as ${kind}` });
    }
  });
  if (errors.length > 0) throw undecodable(errors);
}

async function decodeAll(
  envelopes: readonly Envelope[],
  parts: Pick<ApiParts, 'clock' | 'devices' | 'quarantine' | 'decodeTelemetry'>,
  pathOf: PathOf,
): Promise<Observation[]> {
  const received_ms = parts.clock();
  const observations: Observation[] = [];
  const errors: ProblemError[] = [];
  const kept: Promise<void>[] = [];
  envelopes.forEach((envelope, index) => {
    const { deviceKind, deviceId, channel, payload } = envelope;
    const crs = parts.devices.get(deviceId)?.crs;
    const decoded = parts.decodeTelemetry({ deviceKind, deviceId, channel, payload, received_ms, crs });
    if (decoded.ok) {
      for (const observation of decoded.value) observations.push(observation);
      return;
    }
    const { error } = decoded;
    const where = error.where ?? '';
    const key = `payload${where === '' || where.startsWith('[') ? where : `.${where}`}`;
    errors.push({ key: pathOf(index, key), message: error.message });
    const bytes = Buffer.from(JSON.stringify(payload) ?? '');
    kept.push(
      parts.quarantine.add({ received_ms, source: 'http', deviceId, channel, error, payload: bytes }),
    );
  });
  await Promise.all(kept);
  if (errors.length > 0) throw undecodable(errors);
  if (observations.length > OBSERVATIONS_MAX) {
    throw new ApiProblem(
      'too-large',
      `${observations.length} observations, at most ${OBSERVATIONS_MAX} at once`,
    );
  }
  return observations;
}

function undecodable(errors: readonly ProblemError[]): ApiProblem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = first === undefined ? undefined : `${first.key}: ${first.message}${more}`;
  return new ApiProblem('undecodable-telemetry', detail, { errors: errors.slice(0, ERRORS_MAX) });
}
