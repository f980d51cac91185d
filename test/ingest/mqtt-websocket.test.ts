import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { attachMqttWebSocket } from '../../src/ingest/mqtt-websocket.ts';
import { type BrokerRig, connected, connectPacket, startBroker, until } from '../support/mqtt.ts';

const TOPIC = 'xc/v1/truck/T1/position';
const POSITION = JSON.stringify({ at: 1_795_312_800_000, lon: 104.06, lat: 30.67 });

let rig: BrokerRig;
let server: Server;
let detach: () => void;
let port: number;

beforeEach(async () => {
  rig = await startBroker({ limits: { packet_bytes_max: 2 * 1024 * 1024 } });
  server = createServer((_request, response) => response.end('page'));
  detach = attachMqttWebSocket(server, '/mqtt', rig.broker);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  detach();
  await rig.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Status line that an upgrade request is answered with. */
function upgrade(path: string, protocol: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('data', (chunk) => {
      resolve(String(chunk).split('\r\n', 1)[0] ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
    const lines = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      [`GET ${path} HTTP/1.1`, ...lines, key, `Sec-WebSocket-Protocol: ${protocol}`, '', ''].join('\r\n'),
    );
  });
}

describe('MQTT over WebSocket', () => {
  it('publishes and subscribes with a real client, large messages included', async () => {
    const options = { username: 'T1', password: 'T1-secret', reconnectPeriod: 0 };
    const truck = mqtt.connect(`ws://127.0.0.1:${port}/mqtt?x=1`, options);
    await connected(truck);
    const screen = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, {
      ...options,
      username: 'x',
      password: 'operator-key',
    });
    await connected(screen);
    const sizes: number[] = [];
    screen.on('message', (_topic, payload) => sizes.push(payload.length));
    await screen.subscribeAsync('xc/v1/#', { qos: 1 });
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    const backfill = JSON.stringify(
      Array.from({ length: 1000 }, () => ({ ...JSON.parse(POSITION), speed_kmh: 4 })),
    );
    await truck.publishAsync(TOPIC, backfill, { qos: 2 });
    await until(() => sizes.length === 2, 'both messages');
    expect(sizes).toEqual([POSITION.length, backfill.length]);
    expect(rig.accepted).toHaveLength(1001);
    await truck.endAsync();
    await screen.endAsync();
    await until(() => rig.broker.stats().connections === 0, 'both gone');
  });

  it('tells a client with wrong credentials so', async () => {
    const client = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, {
      username: 'T1',
      password: 'x',
      reconnectPeriod: 0,
    });
    await expect(connected(client)).rejects.toMatchObject({ code: 4 });
  });

  it('answers other paths and protocols with their status', async () => {
    expect(await upgrade('/mqtt', 'mqtt')).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await upgrade('/mqtt', 'chat, mqtt')).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await upgrade('/mqtt', 'chat')).toBe('HTTP/1.1 400 Bad Request');
    expect(await upgrade('/other', 'mqtt')).toBe('HTTP/1.1 404 Not Found');
    // Another listener's paths are left to it.
    server.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Mine\r\n\r\n');
    });
    expect(await upgrade('/other', 'mqtt')).toBe('HTTP/1.1 418 Mine');
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page');
  });

  it.each([
    ['a text frame', (socket: WebSocket) => socket.send(connectPacket('T1').toString('latin1'))],
    ['a frame above the limit', (socket: WebSocket) => socket.send(Buffer.alloc(3 * 1024 * 1024, 0x10))],
    ['rubbish', (socket: WebSocket) => socket.send(Buffer.from('GET / HTTP/1.1\r\n'))],
  ])('closes the connection for %s and serves the next', async (_what, send) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    send(socket);
    await closed;
    const truck = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, { username: 'T1', password: 'T1-secret' });
    await connected(truck);
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.accepted).toHaveLength(1);
    await truck.endAsync();
  });

  it('ends its connections when it is detached', async () => {
    const truck = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, {
      username: 'T1',
      password: 'T1-secret',
      reconnectPeriod: 0,
    });
    await connected(truck);
    const closed = new Promise<void>((resolve) => truck.once('close', () => resolve()));
    detach();
    await closed;
    await until(() => rig.broker.stats().connections === 0, 'the connection to be gone');
  });
});
