import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import mqtt, { type IClientOptions } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deviceIdsOf } from '../../src/ingest/client-certificate.ts';
import { tlsOptions } from '../../src/ingest/mqtt-listeners.ts';
import type { MqttBrokerOptions } from '../../src/ingest/mqtt-options.ts';
import { attachMqttWebSocket } from '../../src/ingest/mqtt-websocket.ts';
import { TlsFiles, type TlsPaths } from '../../src/runtime/tls-files.ts';
import { hasOpenssl, type IssuedCertificate, TestAuthority } from '../support/certificates.ts';
import { type BrokerRig, connected, SILENT, startBroker, until } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';

const TOPIC = 'xc/v1/truck/T1/position';
const POSITION = JSON.stringify({ at: 1_795_312_800_000, lon: 104.06, lat: 30.67 });

/** A broker that serves TLS from files in a folder of its own, and asks for certificates of `fleet`. */
async function secureRig(paths: Partial<TlsPaths> = {}, overrides: Partial<MqttBrokerOptions> = {}) {
  const dir = tempDir();
  const [servers, fleet] = [new TestAuthority(dir, 'servers'), new TestAuthority(dir, 'fleet')];
  const [cert, key] = [join(dir, 'live.pem'), join(dir, 'live.key')];
  const install = (issued: IssuedCertificate): void => {
    copyFileSync(issued.certFile, cert);
    copyFileSync(issued.keyFile, key);
  };
  install(servers.issue('localhost', 'DNS:localhost,IP:127.0.0.1'));
  const lines: string[] = [];
  const log = Object.assign(Object.create(SILENT) as typeof SILENT, {
    error: (_fields: object, message: string) => lines.push(message),
    info: (_fields: object, message: string) => lines.push(message),
  });
  const tls = new TlsFiles({ cert, key, clientCa: fleet.certFile, ...paths }, log, 60_000);
  const rig = await startBroker({ listenTls: { host: '127.0.0.1', port: 0, tls }, ...overrides });
  onTestFinished(async () => {
    tls.close();
    await rig.stop();
  });
  return { rig, tls, servers, fleet, install, cert, key, lines, dir };
}

async function connectTls(rig: BrokerRig, ca: Buffer, options: IClientOptions) {
  const client = mqtt.connect(`mqtts://127.0.0.1:${rig.tlsPort}`, { ca, reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  await connected(client);
  return client;
}

describe.skipIf(!hasOpenssl())('MQTT over TLS', () => {
  it('takes a secret or, in its place, the certificate of a device', async () => {
    const { rig, servers, fleet } = await secureRig();
    const bySecret = await connectTls(rig, servers.cert, { username: 'T1', password: 'T1-secret' });
    await bySecret.publishAsync(TOPIC, POSITION, { qos: 1 });
    const { cert, key } = fleet.issue('T2');
    const byCertificate = await connectTls(rig, servers.cert, { cert, key });
    await byCertificate.publishAsync('xc/v1/truck/T2/position', POSITION, { qos: 1 });
    await byCertificate.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.accepted.map(({ deviceId }) => deviceId)).toEqual(['T1', 'T2']);
    expect(rig.quarantined).toMatchObject([{ deviceId: 'T2', error: { code: 'forbidden' } }]);
  });

  it('lets the user name choose among the names of a certificate', async () => {
    const { rig, servers, fleet } = await secureRig();
    const pair = fleet.issue('any', 'DNS:T1,DNS:D1,DNS:nobody');
    const options = { cert: pair.cert, key: pair.key };
    const dust = await connectTls(rig, servers.cert, { ...options, username: 'D1' });
    expect(dust.connected).toBe(true);
    for (const username of [undefined, 'T2', 'nobody', 'any']) {
      const named = username === undefined ? {} : { username };
      await expect(connectTls(rig, servers.cert, { ...options, ...named })).rejects.toMatchObject({
        code: 5,
      });
    }
  });

  it('turns away who has no credentials, a strange certificate, or one of a revoked device', async () => {
    const { rig, servers, fleet, dir } = await secureRig();
    await expect(connectTls(rig, servers.cert, {})).rejects.toMatchObject({ code: 5 });
    const strange = new TestAuthority(dir, 'strange').issue('T1');
    const own = { cert: strange.cert, key: strange.key, username: 'T1', password: 'T1-secret' };
    await expect(connectTls(rig, servers.cert, own)).rejects.toThrow();
    const { cert, key } = fleet.issue('T1');
    const truck = await connectTls(rig, servers.cert, { cert, key });
    const closed = new Promise<void>((resolve) => truck.once('close', () => resolve()));
    rig.revoked.devices.add('T1');
    await closed;
    await expect(connectTls(rig, servers.cert, { cert, key })).rejects.toMatchObject({ code: 5 });
  });

  it('turns away a certificate on the list of revoked ones', async () => {
    const dir = tempDir();
    const fleet = new TestAuthority(dir, 'other-fleet');
    const [lost, kept] = [fleet.issue('T1'), fleet.issue('T2')];
    const clientCrl = fleet.revoke(lost);
    const { rig, servers } = await secureRig({ clientCa: fleet.certFile, clientCrl });
    await expect(connectTls(rig, servers.cert, { cert: lost.cert, key: lost.key })).rejects.toThrow();
    const truck = await connectTls(rig, servers.cert, { cert: kept.cert, key: kept.key });
    expect(truck.connected).toBe(true);
  });

  it('serves a new certificate to who comes next, keeps sessions, and keeps the old where the new is broken', async () => {
    const { rig, tls, servers, install, cert, lines, dir } = await secureRig();
    const login = { username: 'T1', password: 'T1-secret' };
    const before = await connectTls(rig, servers.cert, login);
    writeFileSync(cert, 'no certificate');
    tls.reload();
    tls.reload();
    expect(lines).toEqual(['new certificate not taken']);
    await connectTls(rig, servers.cert, { username: 'T2', password: 'T2-secret' });
    const others = new TestAuthority(dir, 'others');
    install(others.issue('localhost', 'IP:127.0.0.1'));
    tls.reload();
    expect(lines.at(-1)).toBe('certificate replaced');
    await expect(connectTls(rig, servers.cert, login)).rejects.toThrow();
    await connectTls(rig, others.cert, { username: 'D1', password: 'D1-secret' });
    await before.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.accepted).toHaveLength(1);
  });

  it('finds new files by itself', async () => {
    const dir = tempDir();
    const authority = new TestAuthority(dir, 'ca');
    const [first, second] = [authority.issue('one'), authority.issue('two')];
    const paths = { cert: join(dir, 'live.pem'), key: join(dir, 'live.key') };
    copyFileSync(first.certFile, paths.cert);
    copyFileSync(first.keyFile, paths.key);
    const tls = new TlsFiles(paths, SILENT, 20);
    onTestFinished(() => tls.close());
    let changes = 0;
    tls.onChange(() => {
      changes += 1;
    });
    copyFileSync(second.certFile, paths.cert);
    copyFileSync(second.keyFile, paths.key);
    await until(() => changes === 1, 'the new pair');
    expect(tls.current.cert).toEqual(second.cert);
    expect(() => new TlsFiles({ ...paths, key: first.keyFile }, SILENT)).toThrow('live.pem');
  });

  it('survives what is no TLS', async () => {
    const { rig, servers } = await secureRig();
    const plain = mqtt.connect(`mqtt://127.0.0.1:${rig.tlsPort}`, { reconnectPeriod: 0 });
    await expect(connected(plain)).rejects.toThrow();
    await connectTls(rig, servers.cert, { username: 'T1', password: 'T1-secret' });
  });

  it('serves WebSocket over the same certificate, and asks for the same ones', async () => {
    const { rig, tls, servers, fleet } = await secureRig();
    const server = createServer(tlsOptions(tls));
    const detach = attachMqttWebSocket(server, '/mqtt', rig.broker);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      detach();
      server.close();
      server.closeAllConnections();
    });
    const { cert, key } = fleet.issue('T1');
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`;
    const client = mqtt.connect(url, {
      reconnectPeriod: 0,
      wsOptions: { ca: servers.cert, cert, key },
    });
    onTestFinished(() => void client.end(true));
    await connected(client);
    await client.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.accepted).toHaveLength(1);
  });
});

describe('deviceIdsOf', () => {
  it.each([
    [{ subject: { CN: 'T1' }, subjectaltname: 'DNS:T1, DNS:T2, IP Address:10.0.0.1, URI:x' }, ['T1', 'T2']],
    [{ subject: { CN: ['T1', 'T2'] } }, ['T1', 'T2']],
    [{ subject: { CN: 'a device' }, subjectaltname: 'DNS:"x, DNS:T1"' }, []],
    [{ subject: {} }, []],
  ])('%j names %j', (certificate, ids) => {
    expect(deviceIdsOf(certificate)).toEqual(ids);
  });
});
