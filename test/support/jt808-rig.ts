import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { Device } from '../../src/domain/device.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { STANDARD_TRUCK_PROFILE, type TruckProfile } from '../../src/domain/truck-profile.ts';
import type { UnknownDevice } from '../../src/domain/unknown-device.ts';
import type { GatePolicy } from '../../src/ingest/jt808-gate.ts';
import type { TerminalMedia } from '../../src/ingest/jt808-intake.ts';
import type { Jt808Limits } from '../../src/ingest/jt808-limits.ts';
import { Jt808Listener } from '../../src/ingest/jt808-listener.ts';
import { openDatabase } from '../../src/store/database.ts';
import { PacketStore } from '../../src/store/packet-store.ts';
import { QuarantineStore } from '../../src/store/quarantine-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { TerminalStore } from '../../src/store/terminal-store.ts';
import { tempDir } from './temp-dir.ts';

/** What a listener of a test may be told. */
export interface RigOptions {
  readonly dir?: string;
  readonly policy?: Partial<GatePolicy>;
  readonly limits?: Partial<Jt808Limits>;
  readonly profile?: TruckProfile;
  /** Runs before the journal's append, and may hold it up or reject. */
  readonly beforeAppend?: () => Promise<void>;
}

/** A listener on a free port with a real journal, quarantine and packet store. */
export interface Jt808Rig {
  readonly listener: Jt808Listener;
  readonly port: number;
  readonly quarantine: QuarantineStore;
  readonly media: TerminalMedia[];
  readonly unknown: UnknownDevice[];
  readonly revoked: Set<string>;
  /** What is in the journal. */
  journaled(): Observation[];
  stop(): Promise<void>;
}

/** Trucks by phone number; T3 sends GCJ-02. */
export const PHONES: Readonly<Record<string, Device>> = {
  '13907310001': { id: 'T1', kind: 'truck' },
  '13907310002': { id: 'T2', kind: 'truck' },
  '13907310003': { id: 'T3', kind: 'truck', crs: 'gcj02' },
};

export async function startJt808(options: RigOptions = {}): Promise<Jt808Rig> {
  const dir = options.dir ?? tempDir();
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  const journal = new SqliteJournal(db);
  const quarantine = new QuarantineStore(db, { rows_max: 100_000, payload_bytes_max: 4096 });
  const terminals = new TerminalStore(db);
  const media: TerminalMedia[] = [];
  const unknown: UnknownDevice[] = [];
  const revoked = new Set<string>();
  const listener = new Jt808Listener({
    listen: { host: '127.0.0.1', port: 0 },
    policy: { authenticate: true, registration: 'open', ...options.policy },
    ...(options.limits && { limits: options.limits }),
    packets: new PacketStore(db),
    terminalOf: (phone) => {
      const device = PHONES[phone];
      if (device === undefined) return undefined;
      return revoked.has(device.id)
        ? 'revoked'
        : { phone, device, profile: options.profile ?? STANDARD_TRUCK_PROFILE };
    },
    codeOf: ({ phone, device }) => terminals.codeOf(phone, device.id),
    isCode: async ({ phone, device }, code) =>
      terminals.isCode(phone, device.id, code) || code === `${device.id}-secret`,
    deregister: ({ phone }) => terminals.deregister(phone),
    revokedIds: () => revoked,
    accept: async (observations) => {
      await options.beforeAppend?.();
      await journal.append(
        observations.map((body) => ({
          subjectId: body.deviceId,
          at_ms: body.at_ms,
          received_ms: body.received_ms,
          body,
        })),
      );
    },
    acceptMedia: async (item) => {
      await options.beforeAppend?.();
      media.push(item);
    },
    quarantine: (item) => quarantine.add(item),
    onDeviceSeen: () => undefined,
    onUnknownDevice: (device) => unknown.push(device),
    clock: Date.now,
    log: pino({ level: 'silent' }),
  });
  const { port } = await listener.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await listener.stop();
    journal.close();
    quarantine.flush();
    db.close();
  };
  onTestFinished(stop);
  return {
    listener,
    port,
    quarantine,
    media,
    unknown,
    revoked,
    journaled: () => journal.read(0, 100_000).map(({ body }) => body as Observation),
    stop,
  };
}
