import Type, { type Static } from 'typebox';
import { DEVICE_KINDS } from '../../domain/device.ts';
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
    health: Type.Enum(['online', 'silent', 'offline', 'never-seen', 'revoked'], {
      description: 'silent: said nothing for long; offline: its own word or its last will',
    }),
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
  parts: Pick<ApiParts, 'clock' | 'devices' | 'series'>,
  settings: Pick<ApiSettings, 'silent_after_ms'>,
): void {
  const view = (device: ListedDevice) => viewOf(device, parts.clock(), settings.silent_after_ms);

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

function viewOf(device: ListedDevice, now_ms: number, silent_after_ms: number): DeviceView {
  const { id, kind, name, lon, lat, street, gridCode, plate, status } = device;
  const known = { name, lon, lat, street, gridCode, plate };
  return {
    id,
    kind,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    createdAt: isoTime(device.createdAt_ms),
    ...(device.lastSeen_ms === undefined ? {} : { lastSeenAt: isoTime(device.lastSeen_ms) }),
    health: healthOf(device, now_ms, silent_after_ms),
    ...(status === undefined ? {} : { status: { ...status, at: isoTime(status.at_ms) } }),
  };
}

function healthOf(device: ListedDevice, now_ms: number, silent_after_ms: number): DeviceView['health'] {
  if (device.revoked) return 'revoked';
  if (device.online === false) return 'offline';
  if (device.lastSeen_ms === undefined) return 'never-seen';
  return now_ms - device.lastSeen_ms > silent_after_ms ? 'silent' : 'online';
}
