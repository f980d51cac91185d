import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import pino from 'pino';
import { decodeJpeg } from '../../src/codecs/jpeg.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import { telemetryText } from '../../src/codecs/telemetry-text.ts';
import type { Device } from '../../src/domain/device.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { QuarantineItem } from '../../src/domain/quarantine.ts';
import type { UnknownDevice } from '../../src/domain/unknown-device.ts';
import { MqttBroker } from '../../src/ingest/mqtt-broker.ts';
import type { Snapshot } from '../../src/ingest/mqtt-intake.ts';
import type { MqttBrokerOptions } from '../../src/ingest/mqtt-options.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MQTT_SCHEMA } from '../../src/store/mqtt-schema.ts';
import { MqttSessionStore } from '../../src/store/mqtt-session-store.ts';

/** A silent logger. */
export const SILENT = pino({ level: 'silent' });

/** The codecs as the gateway wires them. */
export const CODECS: MqttBrokerOptions['codecs'] = {
  telemetry: decodeTelemetry,
  telemetryText,
  jpeg: (bytes) => decodeJpeg(bytes, { bytes_max: 4 * 1024 * 1024, pixels_max: 40_000_000 }),
};

const DEVICES: readonly Device[] = [
  { id: 'T1', kind: 'truck' },
  { id: 'T2', kind: 'truck' },
  { id: 'D1', kind: 'dust' },
  { id: 'C1', kind: 'camera' },
  { id: 'G1', kind: 'truck', crs: 'gcj02' },
];

/** A broker on a free port of the loopback, with everything that reached its sinks. */
export interface BrokerRig {
  readonly broker: MqttBroker;
  readonly port: number;
  readonly tlsPort: number;
  readonly accepted: Observation[];
  readonly snapshots: Snapshot[];
  readonly quarantined: QuarantineItem[];
  readonly seen: string[];
  readonly unknown: UnknownDevice[];
  readonly revoked: { readonly devices: Set<string>; readonly keys: Set<string> };
  /** `prepare` is called before anything can have come in. */
  connect(
    userName: string,
    options?: IClientOptions,
    prepare?: (client: MqttClient) => void,
  ): Promise<MqttClient>;
  stop(): Promise<void>;
}

/** Starts a broker: every device's secret is `<id>-secret`, every key `<role>-key`. */
export async function startBroker(overrides: Partial<MqttBrokerOptions> = {}): Promise<BrokerRig> {
  const accepted: Observation[] = [];
  const snapshots: Snapshot[] = [];
  const quarantined: QuarantineItem[] = [];
  const seen: string[] = [];
  const unknown: UnknownDevice[] = [];
  const revoked = { devices: new Set<string>(), keys: new Set<string>() };
  const accept = overrides.accept ?? (async (observations) => accepted.push(...observations));
  const broker = new MqttBroker({
    listen: { host: '127.0.0.1', port: 0 },
    codecs: CODECS,
    clock: Date.now,
    log: SILENT,
    authenticateDevice: async (id, secret) => {
      if (id === 'BUSY') throw new Error('too many secrets wait');
      return secret === `${id}-secret` ? DEVICES.find((device) => device.id === id) : undefined;
    },
    admittedDevice: (id) =>
      revoked.devices.has(id) ? undefined : DEVICES.find((device) => device.id === id),
    isKnownDevice: (id) => DEVICES.some((device) => device.id === id),
    onUnknownDevice: (device) => unknown.push(device),
    authenticateKey: (key) => {
      const role = (['viewer', 'operator', 'admin'] as const).find((name) => key === `${name}-key`);
      return role && { name: `the-${role}`, role };
    },
    sessions: new MqttSessionStore(openDatabase(':memory:', MQTT_SCHEMA, false)),
    accept,
    acceptAll: (messages) =>
      Promise.all(
        messages.map((message) => accept('text' in message ? [JSON.parse(message.text)] : message)),
      ),
    acceptSnapshot: async (snapshot) => snapshots.push(snapshot),
    quarantine: async (item) => quarantined.push(item),
    onDeviceSeen: (id) => seen.push(id),
    revoked: () => revoked,
    ...overrides,
  });
  const { port = 0, tlsPort = 0 } = await broker.start();
  const clients: MqttClient[] = [];
  return {
    broker,
    port,
    tlsPort,
    accepted,
    snapshots,
    quarantined,
    seen,
    unknown,
    revoked,
    connect: async (userName, options = {}, prepare = () => undefined) => {
      const password = options.password ?? `${userName}-secret`;
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
        username: userName,
        reconnectPeriod: 0,
        connectTimeout: 15_000,
        ...options,
        password,
      });
      clients.push(client);
      prepare(client);
      await connected(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.end(true);
      await broker.stop();
    },
  };
}

/** Resolves with the CONNACK; rejects with the refusal. */
export function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed before it was connected')));
  });
}

/** Polls until `isTrue`, at most 20 s: the machine may have other work. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const latest_ms = performance.now() + 20_000;
  while (!isTrue()) {
    if (performance.now() > latest_ms) throw new Error(`not within 20 s: ${what}`);
    await sleep(10);
  }
}

export function sleep(delay_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay_ms));
}

/** True where Debian's mosquitto-clients are installed. */
export function hasMosquitto(): boolean {
  try {
    execFileSync('mosquitto_pub', ['--help'], { stdio: 'ignore' });
  } catch (error) {
    return (
      (error as { status?: number }).status !== undefined && (error as { code?: string }).code !== 'ENOENT'
    );
  }
  return true;
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    output += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** A bare TCP connection that writes what it is given, and gathers what comes back. */
export async function rawSocket(
  port: number,
): Promise<{ readonly socket: Socket; readonly received: () => Buffer; readonly closed: Promise<void> }> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return { socket, received: () => Buffer.concat(chunks), closed };
}

/** Bytes of a CONNECT packet (MQTT 3.1.1, clean session, keep-alive 60 s). */
export function connectPacket(userName: string, password = `${userName}-secret`, clientId = 'raw'): Buffer {
  const body = Buffer.concat([
    field('MQTT'),
    Buffer.from([4, 0xc2, 0, 60]),
    field(clientId),
    field(userName),
    field(password),
  ]);
  return Buffer.concat([Buffer.from([0x10]), remainingLength(body.length), body]);
}

/** Bytes of a PUBLISH packet with QoS 1. */
export function publishPacket(topic: string, payload: string | Buffer, packetId: number): Buffer {
  const id = Buffer.from([packetId >> 8, packetId & 0xff]);
  const body = Buffer.concat([field(topic), id, Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([0x32]), remainingLength(body.length), body]);
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** The variable-length number of a fixed header (MQTT 3.1.1, 2.2.3). */
export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(bytes);
}
