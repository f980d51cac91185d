import mqtt from 'mqtt';
import type { GatewayProcess } from './gateway-process.ts';

/** A reading as a test sends it: whole seconds, since not every protocol has finer ones. */
export interface SentReading {
  readonly at_ms: number;
  readonly value: number;
}

/** What a station wants to get rid of: it forgets a reading when it is acknowledged, and no sooner. */
export class Outbox {
  readonly acknowledged: SentReading[] = [];
  readonly #make: (number: number) => SentReading;
  readonly #unsent: SentReading[] = [];
  readonly #onWay = new Set<SentReading>();
  #made = 0;

  constructor(make: (number: number) => SentReading) {
    this.#make = make;
  }

  /** Readings made so far. */
  get made(): number {
    return this.#made;
  }

  take(): SentReading {
    let reading = this.#unsent.shift();
    if (reading === undefined) {
      reading = this.#make(this.#made);
      this.#made += 1;
    }
    this.#onWay.add(reading);
    return reading;
  }

  settle(reading: SentReading): void {
    this.#onWay.delete(reading);
    this.acknowledged.push(reading);
  }

  /** The connection broke: whatever was on its way has to be sent again, in order. */
  cut(): void {
    this.#unsent.unshift(...this.#onWay);
    this.#onWay.clear();
  }
}

/** A station's way to the gateway. */
export interface TelemetryDriver {
  readonly name: string;
  readonly kind: 'dust' | 'truck';
  /** What the value is stored as. */
  readonly metric: string;
  /** Keys of the device's entry in the configuration, where its protocol needs one; else it has a secret. */
  readonly config?: (deviceId: string) => string;
  /** Sends from the outbox, several readings on their way at once, until the connection breaks or `signal` says so. */
  send(
    gateway: GatewayProcess,
    device: { readonly id: string; readonly secret: string },
    outbox: Outbox,
    signal: AbortSignal,
  ): Promise<void>;
}

const WINDOW = 8;

async function sendMqtt(
  gateway: GatewayProcess,
  { id, secret }: { readonly id: string; readonly secret: string },
  outbox: Outbox,
  signal: AbortSignal,
): Promise<void> {
  const client = mqtt.connect(gateway.mqtt, { username: id, password: secret, reconnectPeriod: 0 });
  client.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const publish = (): void => {
    if (signal.aborted || !client.connected) return;
    const reading = outbox.take();
    const payload = JSON.stringify({ at: reading.at_ms, pm10_ug_m3: reading.value });
    client.publish(`xc/v1/dust/${id}/reading`, payload, { qos: 1 }, (error) => {
      if (error) return;
      outbox.settle(reading);
      publish();
    });
  };
  client.once('connect', () => {
    for (let n = 0; n < WINDOW; n += 1) publish();
  });
  const stop = (): void => {
    client.end(false);
  };
  signal.addEventListener('abort', stop, { once: true });
  await closed;
  signal.removeEventListener('abort', stop);
  client.end(true);
}

async function sendHttp(
  gateway: GatewayProcess,
  { id, secret }: { readonly id: string; readonly secret: string },
  outbox: Outbox,
  signal: AbortSignal,
): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  while (!signal.aborted) {
    const batch = Array.from({ length: WINDOW }, () => outbox.take());
    const payload = batch.map(({ at_ms, value }) => ({ at: at_ms, pm10_ug_m3: value }));
    const body = JSON.stringify({ deviceKind: 'dust', deviceId: id, channel: 'reading', payload });
    try {
      const answer = await fetch(`${gateway.http}/api/v1/observations`, { method: 'POST', headers, body });
      await answer.text();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
    } catch {
      return;
    }
    for (const reading of batch) outbox.settle(reading);
  }
}

const DUST = { kind: 'dust', metric: 'pm10_ug_m3' } as const;

export const mqttDriver: TelemetryDriver = { name: 'mqtt', ...DUST, send: sendMqtt };
export const httpDriver: TelemetryDriver = { name: 'http', ...DUST, send: sendHttp };
