import { expect, it, onTestFinished } from 'vitest';
import { onvifAccess } from '../../src/domain/onvif-access.ts';
import { OnvifAsker } from '../../src/onvif/onvif-asker.ts';
import { cli } from '../support/cli.ts';
import { answeringServer, LOGIN, onvifCamera } from '../support/onvif.ts';

function asker(): OnvifAsker {
  const made = new OnvifAsker(process.env);
  onTestFinished(() => made.stop());
  return made;
}

function accessTo(url: string) {
  const access = onvifAccess(url);
  if (typeof access === 'string') throw new Error(access);
  return access;
}

it('says what a camera offers, how far its clock is off, and how to configure it', async () => {
  const camera = await onvifCamera({ clockAhead_ms: -95_000 });
  const env = { XUNCHENG_CAMERA_PASSWORD: LOGIN.password };
  const { code, out, err } = await cli(['camera', 'profiles', camera.url, '--user', LOGIN.user], env);
  const text = out.join('\n');
  expect({ code, err }).toEqual({ code: 0, err: [] });
  expect(text).toContain('Xuncheng 路口一号');
  expect(text).toMatch(/clock: 9[45]\.\d s behind - WRONG/);
  expect(text).toContain('profile mainStream (main): H265 1920x1080, 25 fps');
  expect(text).toContain(`onvif: http://\${CAM_USER}:\${CAM_PASSWORD}@${new URL(camera.url).host}`);
  // The largest stream is the one to configure; no password of anybody's is printed.
  expect(text).toContain(`url: rtsp://\${CAM_USER}:\${CAM_PASSWORD}@127.0.0.1:8554/main?`);
  expect(text).not.toContain('hidden-one');
  expect(text).not.toContain(LOGIN.password);
});

it('refuses a wrong password in words, and takes none from the command line', async () => {
  const camera = await onvifCamera();
  const wrong = await cli(['camera', 'profiles', camera.url, '--user', LOGIN.user], {
    XUNCHENG_CAMERA_PASSWORD: 'guess-work',
  });
  expect(wrong).toMatchObject({ code: 1, out: [] });
  expect(wrong.err.join()).toMatch(/not authorized/i);
  expect(wrong.err.join()).not.toContain('guess-work');
  const inline = await cli(['camera', 'profiles', camera.url.replace('//', '//inspector:on-the-line@')]);
  expect(inline.code).toBe(2);
  expect([...inline.err, ...inline.out].join()).not.toContain('on-the-line');
});

it('survives answers of every kind, and asks others meanwhile', { timeout: 60_000 }, async () => {
  const soap = (body: string): string => `<s:Envelope><s:Body>${body}</s:Body></s:Envelope>`;
  const xml = { 'Content-Type': 'application/soap+xml' };
  const bad = await Promise.all([
    answeringServer(200, xml, (write) => write('no XML')),
    answeringServer(200, xml, (write) => write(soap(''))),
    answeringServer(200, xml, (write) => write(soap('<GetSystemDateAndTimeResponse/>'))),
    answeringServer(200, xml, (write) => write(soap('<s:Fault/>'))),
    answeringServer(200, xml, (write) =>
      write(
        soap(
          '<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime>x</UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>',
        ),
      ),
    ),
    // A challenge that the library cannot take apart: it throws where nobody catches it.
    answeringServer(401, { 'WWW-Authenticate': 'Digest ,,,=' }, () => undefined),
    answeringServer(302, { Location: 'http://192.0.2.1/' }, () => undefined),
    // Says something and then nothing for ever.
    answeringServer(299, xml, (write) => write('<s:Envelope>')),
    // Never stops talking.
    answeringServer(299, xml, (write) => {
      const chunk = '<a>'.repeat(100_000);
      for (let i = 0; i < 30; i += 1) write(chunk);
    }),
  ]);
  const camera = await onvifCamera({ clockAhead_ms: 30_000 });
  const one = asker();
  const asked = bad.map((url) => one.ask('description', accessTo(url), 3_000));
  const good = await one.ask('clock', accessTo(camera.url), 20_000);
  expect(good).toMatchObject({ ok: true });
  if (good.ok) expect(Math.abs(good.clock.ahead_ms - 30_000)).toBeLessThan(5_000);
  for (const answer of await Promise.all(asked)) {
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/./) });
  }
  expect(await one.ask('clock', accessTo(camera.url), 20_000)).toMatchObject({ ok: true });
});

it('says why an address is none, without repeating it', () => {
  expect(onvifAccess('192.0.2.10')).toEqual({
    ...{ isSecure: false, hostname: '192.0.2.10', port: 80, path: '/onvif/device_service' },
  });
  expect(onvifAccess('https://u:p%40ss@cam.example:8443/x')).toEqual({
    ...{ isSecure: true, hostname: 'cam.example', port: 8443, path: '/x', username: 'u', password: 'p@ss' },
  });
  for (const bad of ['ftp://u:secret@192.0.2.1/', 'http://', 'http://u:%zz-secret@192.0.2.1/']) {
    const problem = onvifAccess(bad);
    expect(problem).toBeTypeOf('string');
    expect(problem).not.toContain('secret');
  }
});
