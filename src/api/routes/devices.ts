import Type, { type Static } from 'typebox';
import { DEVICE_KINDS } from '../../domain/device.ts';
import { DEVICE_HEALTH, healthOf, type OfflineBounds } from '../../domain/device-health.ts';
import type { DeviceVitals } from '../../domain/device-vitals.ts';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts, ApiSettings, ListedDevice } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { CLOSED, CursorParameter, IdParameter, pageLimit, pageOf } from '../query.ts';

const DEVICE_KIND = Type.Enum([...DEVICE_KINDS]);

/** A device of the registry as the API shows it. */
const DeviceView = Type.Object(
  {
    id: Type.String(),
    kind: DEVICE_KIND,
    name: Type.Optional(Type.String()),
    lon: Type.Optional(Type.Number()),
    lat: Type.Optional(Type.Number()),
    street: Type.Optional(Type.String()),
    gridCode: Type.Optional(Type.String()),
    plate: Type.Optional(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    lastSeenAt: Type.Optional(Type.String({ format: 'date-time' })),
    health: Type.Enum([...DEVICE_HEALTH], {
      description: 'late: over 2.5 of its intervals; offline: over 5, or its own word or last will for 30 s',
    }),
    expectedInterval_s: Type.Optional(
      Type.Number({
        description: 'How often it should say something: configured, or learnt from the last times',
      }),
    ),
    clockSkew_s: Type.Optional(
      Type.Number({ description: 'Its clock less ours, the way included: the median of the last readings' }),
    ),
    messages_per_min: Type.Optional(Type.Number({ description: 'Of about the last ten minutes' })),
    status: Type.Optional(
      Type.Object({
        at: Type.String({ format: 'date-time' }),
        online: Type.Boolean(),
        battery_pct: Type.Optional(Type.Number()),
        rssi_dbm: Type.Optional(Type.Number()),
        firmware: Type.Optional(Type.String()),
      }),
    ),
  },
  { title: 'Device' },
);
type DeviceView = Static<typeof DeviceView>;

const LatestValue = Type.Object({ at: Type.String({ format: 'date-time' }), value: Type.Number() });
const DeviceDetail = Type.Object({
  ...DeviceView.properties,
  latest: Type.Record(Type.String(), LatestValue, { description: 'Newest value of each metric' }),
});

const ListQuery = Type.Object(
  { kind: Type.Optional(DEVICE_KIND), after: CursorParameter, limit: pageLimit(1000, 200) },
  CLOSED,
);

/** `/devices` and `/devices/:id`. */
export function deviceRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'clock' | 'devices' | 'series' | 'vitals' | 'offlineBounds'>,
  settings: Pick<ApiSettings, 'silent_after_ms'>,
): void {
  const view = (device: ListedDevice) => {
    const now_ms = parts.clock();
    const offline = parts.offlineBounds(device.kind);
    return viewOf(device, parts.vitals.of(device.id, now_ms), now_ms, {
      unknown_ms: settings.silent_after_ms,
      ...(offline && { offline }),
    });
  };

  app.get(
    '/devices',
    {
      config: needs('viewer'),
      schema: { tags: ['devices'], querystring: ListQuery, response: answers(pageOf(DeviceView)) },
    },
    ({ query: { kind, after = '', limit = 200 } }) => {
      const found = [...parts.devices.list()]
        .filter((device) => device.id > after && (kind === undefined || device.kind === kind))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const page = found.slice(0, limit);
      return { items: page.map(view), next: found.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/devices/:id',
    {
      config: needs('viewer'),
      schema: {
        tags: ['devices'],
        params: Type.Object({ id: IdParameter }),
        response: answers(DeviceDetail),
      },
    },
    ({ params: { id } }) => {
      const device = parts.devices.get(id);
      if (device === undefined) throw new ApiProblem('not-found', `no device ${id}`);
      const latest = Object.entries(parts.series.latest(id)).map(
        ([metric, { at_ms, value }]) => [metric, { at: isoTime(at_ms), value }] as const,
      );
      return { ...view(device), latest: Object.fromEntries(latest) };
    },
  );
}

function viewOf(
  device: ListedDevice,
  vitals: DeviceVitals | undefined,
  now_ms: number,
  { unknown_ms, offline }: { readonly unknown_ms: number; readonly offline?: OfflineBounds },
): DeviceView {
  const { id, kind, name, lon, lat, street, gridCode, plate, status } = device;
  const configured_s = device.expectedInterval_s;
  const interval_ms = configured_s === undefined ? vitals?.interval_ms : configured_s * 1000;
  const known = { name, lon, lat, street, gridCode, plate };
  return {
    id,
    kind,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    createdAt: isoTime(device.createdAt_ms),
    ...(device.lastSeen_ms === undefined ? {} : { lastSeenAt: isoTime(device.lastSeen_ms) }),
    health: healthOf({ ...device, word: status, interval_ms }, now_ms, unknown_ms, offline),
    ...(interval_ms === undefined ? {} : { expectedInterval_s: interval_ms / 1000 }),
    ...(vitals && { messages_per_min: Math.round(vitals.messages_per_min * 100) / 100 }),
    ...(vitals?.clockSkew_ms === undefined ? {} : { clockSkew_s: vitals.clockSkew_ms / 1000 }),
    ...(status === undefined ? {} : { status: { ...status, at: isoTime(status.at_ms) } }),
  };
}
