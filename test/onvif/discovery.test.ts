import { createSocket, type Socket } from 'node:dgram';
import { expect, it, onTestFinished } from 'vitest';
import { discoverCameras, subnetHosts } from '../../src/onvif/discovery.ts';
import { cli } from '../support/cli.ts';
import { onvifCamera } from '../support/onvif.ts';

/** A host that answers probes with whatever `reply` makes of the message's id. */
async function oddHost(reply: (id: string) => string[]): Promise<number> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const id = /MessageID>([^<]*)</.exec(message.toString())?.[1] ?? '';
    for (const text of reply(id)) socket.send(text, port, address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    socket.close();
  });
  return socket.address().port;
}

const match = (id: string, xaddrs: string, scopes = ''): string =>
  `<s:Envelope><s:Header><a:RelatesTo>${id}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`;

it('finds cameras that are asked one by one, and passes over answers that are none', async () => {
  const camera = await onvifCamera();
  const odd = await oddHost((id) => [
    'not XML at all',
    match('uuid:of-somebody-else', 'http://192.0.2.9/onvif/device_service'),
    match(id, 'file:///etc/passwd gopher://192.0.2.9/'),
    '<'.repeat(60_000),
  ]);
  const naughty = await oddHost((id) => [
    match(
      id,
      'http://192.0.2.8/onvif/device_service',
      `onvif://www.onvif.org/name/%1b[2Jx%0d%0ay ${'a'.repeat(900)}`,
    ),
  ]);
  const targets = [camera.discoveryPort, odd, naughty, 9].map((port = 0) => ({ address: '127.0.0.1', port }));
  const found = await discoverCameras({ targets, timeout_ms: 800 });
  expect(found).toHaveLength(2);
  expect(found).toContainEqual({
    address: '127.0.0.1',
    services: [camera.url],
    name: '路口一号',
    hardware: 'simulator',
  });
  expect(found.map(({ name = '' }) => name).join()).not.toMatch(/\p{C}/u);
});

it('lists them at the command line, and says how else to ask where nobody answers', async () => {
  const camera = await onvifCamera();
  const address = `127.0.0.1:${camera.discoveryPort}`;
  const found = await cli(['camera', 'discover', '--address', address, '--seconds', '0.6']);
  expect(found).toMatchObject({ code: 0, err: [] });
  expect(found.out.join()).toContain(camera.url);
  const none = await cli(['camera', 'discover', '--address', '127.0.0.1:9', '--seconds', '0.2']);
  expect(none).toMatchObject({ code: 1, out: [] });
  expect(none.err.join()).toContain('--subnet');
  expect((await cli(['camera', 'discover', '--subnet', '10.0.0.0/8'])).code).toBe(2);
});

it('knows the hosts of a subnet', () => {
  expect(subnetHosts('192.0.2.77/30')).toEqual(['192.0.2.77', '192.0.2.78']);
  expect(subnetHosts('192.0.2.5/32')).toEqual(['192.0.2.5']);
  expect(subnetHosts('10.1.0.0/20')).toHaveLength(4_094);
  for (const bad of ['10.0.0.0/8', '300.1.1.1/24', '10.0.0.1', 'x/24'])
    expect(subnetHosts(bad)).toBeTypeOf('string');
});
