import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, it } from 'vitest';
import { hasOpenssl, TestAuthority } from '../support/certificates.ts';
import { cli } from '../support/cli.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { connected } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = join(import.meta.dirname, '../../config');

function get(url: string, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve(body));
    });
    sent.once('error', reject);
    sent.end();
  });
}

it.skipIf(!hasOpenssl())('serves everything with TLS, and nothing without', { timeout: 60_000 }, async () => {
  const dir = tempDir();
  const authority = new TestAuthority(dir, 'ca');
  const server = authority.issue('gateway', 'IP:127.0.0.1');
  const truck = authority.issue('truck-1');
  const config = join(dir, 'xuncheng.yaml');
  const text = `listen: { http: { port: 0, tls: true }, mqtt: { enabled: false }, mqtts: { port: 0 } }
tls: { cert: ${server.certFile}, key: ${server.keyFile}, client_ca: ca.pem }
rules: ${CONFIG}/rules.yaml
catalogue: { file: ${CONFIG}/catalogue.yaml }
devices: [{ id: truck-1, kind: truck }]
`;
  writeFileSync(config, text);
  expect(await cli(['check', '--config', config])).toMatchObject({ code: 0, err: [] });
  const gateway = await startGatewayProcess(config, join(dir, 'data'), { XUNCHENG_ADMIN_KEY: 'a-key' });
  expect(gateway.mqtt).toBe('');
  const login = { ca: authority.cert, cert: truck.cert, key: truck.key, reconnectPeriod: 0 };
  for (const [url, options] of [
    [gateway.mqtts, login],
    [`${gateway.http.replace('https:', 'wss:')}/mqtt`, { reconnectPeriod: 0, wsOptions: login }],
  ] as const) {
    const client = mqtt.connect(url, options);
    await connected(client);
    const position = JSON.stringify({ at: Date.now(), lon: 113, lat: 28 });
    await client.publishAsync('xc/v1/truck/truck-1/position', position, { qos: 1 });
    await client.endAsync();
  }
  expect(await get(`${gateway.http}/healthz`, authority.cert)).toContain('ok');
  expect(await gateway.end('SIGTERM')).toBe(0);

  writeFileSync(config, text.replace(server.keyFile, truck.keyFile));
  const broken = await cli(['check', '--config', config]);
  expect(broken.code).toBe(1);
  expect(broken.err.join()).toContain(server.certFile);
});
