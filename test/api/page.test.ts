import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';

// Skipped where no browser is installed: the page's files and headers are tested without one.
describe.skipIf(!hasChromium())('the page in a browser', () => {
  let browser: Browser;
  let world: ApiWorld;
  let page: Page;
  let base: string;
  let complaints: string[];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    world = await createApiWorld({ timeZone: 'Asia/Shanghai' });
    await world.app.listen({ port: 0, host: '127.0.0.1' });
    base = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
    page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    // A step that does not come is named, rather than the whole test timing out.
    page.setDefaultTimeout(25_000);
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(base)) complaints.push(`foreign request: ${request.url()}`);
    });
  });
  afterEach(async () => {
    await page.close();
    await world.stop();
  });

  it('signs in by the key in the address and takes it out of there', async () => {
    await page.goto(`${base}/#key=${world.keys.operator}`);
    await page.locator('#board').waitFor();
    expect(page.url()).toBe(`${base}/`);
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: 'xuncheng_session', httpOnly: true, sameSite: 'Strict' }]);
    await page.reload();
    await page.locator('#board').waitFor();
    await page.locator('#sign-out').click();
    await page.locator('#sign-in').waitFor();
    await page.reload();
    await page.locator('#sign-in').waitFor();
  });

  it('shows the figures of a period, divided as one likes', async () => {
    const district = '430103001001003';
    const street = '<b>Nan Road</b>';
    for (let n = 1; n <= 3; n += 1)
      world.putIncident(sampleIncident(n, { place: { lon: 113, lat: 28, street, gridCode: district } }));
    world.putIncident(sampleIncident(4, { type: 'stall-occupation' }));
    for (const [n, action] of [
      [1, 'accept'],
      [2, 'reject'],
    ] as const) {
      world.clock.now_ms += 90_000;
      world.cases.transition(`case_${String(n).padStart(20, '0')}`, action, { actor: 'op' });
    }
    await page.goto(`${base}/#key=${world.keys.operator}`);
    await page.locator('#reports-button').click();
    const rows = page.locator('#reports tbody tr');
    const texts = async () =>
      (await rows.allInnerTexts()).map((text) =>
        text
          .split(/\s*\t\s*/)
          .slice(0, 5)
          .join('|'),
      );
    await rows.nth(2).waitFor();
    expect(await texts()).toEqual(['In all|4|1|1|50 %', '430103|3|1|1|50 %', 'not known|1|0|0|–']);
    await page.screenshot({ path: join(process.env.SHOTS ?? world.dir, 'figures.png') });
    await page.locator('#reports select').nth(1).selectOption('byStreet');
    await page.locator('#reports th', { hasText: '<b>Nan Road</b>' }).waitFor();
    await page.locator('#reports select').first().selectOption('monthly');
    await page.locator('.report-facts', { hasText: '2026-10-01 – 2026-10-31' }).waitFor();
    await page.locator('#reports input[type=date]').fill('2026-09-15');
    await page.locator('.report-facts', { hasText: '2026-09-01' }).waitFor();
    await rows.nth(1).waitFor({ state: 'detached' });
    expect(await texts()).toEqual(['In all|0|0|0|–']);
    expect(complaints).toEqual([]);
  });

  it('shows incidents as they come, as text whatever they contain', async () => {
    const nasty = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const place = { lon: 121.47, lat: 31.23, street: nasty };
    const withSeries = sampleIncident(1, {
      evidence: await captureSeries(world, sampleIncident(1).id),
      place,
    });
    world.putIncident(withSeries);
    await page.goto(`${base}/#key=${world.keys.operator}`);
    const first = page.locator('.card').first();
    await first.waitFor();
    expect(await first.locator('h3').textContent()).toBe('暴露垃圾 Exposed garbage');
    expect(await first.locator('.where').textContent()).toBe(nasty);
    expect(await first.locator('.when time').textContent()).toContain('14:01:00');
    await first.locator('svg .limit').waitFor({ state: 'attached' });
    world.putIncident(sampleIncident(2, { type: 'city-own-type' }));
    await page.locator('.card').nth(1).waitFor();
    expect(await page.locator('.card .where').allTextContents()).toEqual(['Street 2', nasty]);
    world.putIncident({ ...sampleIncident(2), version: 2, status: 'ended' }, 'ended');
    await page.locator('.card[data-status="ended"]').waitFor();
    await page.locator('#counts b').first().filter({ hasText: '1' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows whom a closer look has seen', async () => {
    const at = '2026-11-22T06:00:05.000Z';
    const actor = { class: 'muck-truck', score: 0.8, besideFrom: at, besideTo: at };
    const sides = { enteredAt: at, cameFrom: 'left', leftTo: 'far', leftToCompass: 'NE' } as const;
    const about = { deviceId: 'cam-1', from: at, to: at, frames: 250, thing: 'garbage' };
    world.putIncident({ ...sampleIncident(1), focus: { ...about, actors: [{ ...actor, ...sides }] } });
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('.card .title').first().click();
    const row = page.locator('#detail dl div').filter({ hasText: 'muck truck' });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/came .*\d\d:00:05 left · beside it .* · went far end \(NE\)$/);
    expect(complaints).toEqual([]);
  });

  it('lets an operator decide, with the note in the history, and a viewer not', async () => {
    world.putIncident(sampleIncident(1));
    world.putIncident(sampleIncident(2));
    await page.goto(`${base}/#key=${world.keys.operator}`);
    const newest = page.locator('.card').first();
    await newest.locator('[data-action="accept"]').click();
    await newest.locator('.state-chip[data-state="accepted"]').waitFor();
    await page.locator('.card').nth(1).locator('.title').click();
    await page.locator('#detail textarea').fill('somebody is at work there');
    await page.locator('#detail .quiet').click();
    await page.locator('#detail .history q').waitFor();
    expect(world.cases.get(`case_${'1'.padStart(20, '0')}`)).toMatchObject({
      case: { state: 'rejected' },
      history: [{}, { actor: 'test-operator', note: 'somebody is at work there' }],
    });
    await page.keyboard.press('Escape');
    await page.locator('#sign-out').click();
    world.putIncident(sampleIncident(3));
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('.card .state-chip[data-state="candidate"]').waitFor();
    expect(await page.locator('[data-action]').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('keeps a card within its frame however often its camera was away', async () => {
    const gap = { modality: 'camera', reason: 'no frame was judged', from: '', to: '' } as const;
    world.putIncident({ ...sampleIncident(1), missing: Array.from({ length: 12 }, () => gap) });
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    const body = page.locator('.card .body');
    expect((await body.textContent())?.split('Missing')).toHaveLength(2);
    expect(await body.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  });

  it('leads with the last picture on which the thing is seen, not with the empty place', async () => {
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('#board').waitFor();
    const evidence = ['04:01:00', '04:02:00', '04:09:00'].map((time) => ({
      kind: 'snapshot',
      role: 'annotated',
      at: `2026-11-22T${time}.000Z`,
    }));
    const incident = JSON.stringify({ evidence, lastSeenAt: '2026-11-22T04:03:00.000Z' });
    const lead = await page.evaluate(
      `import('/page/evidence-view.js').then(({ leadEvidence }) => leadEvidence(${incident}).at)`,
    );
    expect(lead).toBe('2026-11-22T04:02:00.000Z');
  });

  it('marks on a track where the truck stood longest, not where it started', async () => {
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('#board').waitFor();
    const speeds = [0, 30, 0, 0, 30];
    const features = speeds.map((speed_kmh, i) => ({
      geometry: { type: 'Point', coordinates: [112.96 + i / 1000, 28.2] },
      properties: { at: `2026-11-22T04:0${i}:30Z`, speed_kmh },
    }));
    const said = await page.evaluate(
      `import('/page/charts.js').then(({ trackChart }) => trackChart(${JSON.stringify({ features })}).textContent)`,
    );
    expect(said).toMatch(/stop (\d\d\/\d\d, )?\d\d:02:30/);
  });

  it('holds new cards back while somebody points at one', async () => {
    world.putIncident(sampleIncident(1));
    await page.goto(`${base}/#key=${world.keys.operator}`);
    await page.locator('.card').hover();
    world.putIncident(sampleIncident(2));
    await page.locator('#fresh').waitFor();
    expect(await page.locator('.card').count()).toBe(1);
    await page.locator('#fresh').click();
    await page.locator('.card').nth(1).waitFor();
  });

  it('filters, goes on with more, and speaks Chinese', async () => {
    for (let n = 1; n <= 30; n += 1) {
      world.putIncident(sampleIncident(n, n % 2 ? {} : { type: 'noise-exceedance', status: 'ended' }));
    }
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('.card').nth(23).waitFor();
    await page.locator('#more').click();
    await page.locator('.card').nth(29).waitFor();
    await page.locator('#type-filter').selectOption('noise-exceedance');
    await page.locator('#shown').filter({ hasText: '15' }).waitFor();
    await page.locator('#status-filter button').nth(1).click();
    await page.locator('#empty').waitFor();
    await page.locator('#language').click();
    expect(await page.locator('#empty').textContent()).toBe('没有符合条件的事件。');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  it.each([400, 1600])('fits %i pixels without scrolling sideways', async (width) => {
    world.putIncident(sampleIncident(1, { measures: { ['x'.repeat(80)]: 'y'.repeat(300) } }));
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${base}/#key=${world.keys.operator}`);
    await page.locator('.card').waitFor();
    const width_px = () => page.evaluate('document.documentElement.scrollWidth');
    expect(await width_px()).toBe(width);
    await page.locator('.card .title').click();
    await page.locator('#detail[open]').waitFor();
    expect(await width_px()).toBe(width);
    expect(
      await page.evaluate(
        "document.querySelector('#detail .scroll').scrollWidth - document.querySelector('#detail .scroll').clientWidth",
      ),
    ).toBe(0);
  });

  it('says when the gateway is away and goes on when it is back', async () => {
    await page.goto(`${base}/#key=${world.keys.viewer}`);
    await page.locator('#live-state[data-state="good"]').waitFor();
    world.keyStore.revoke('test-viewer');
    await page.locator('#status-filter button').nth(1).click();
    await page.locator('#sign-in').waitFor();
    expect(await page.locator('#sign-in-problem').textContent()).toContain('sign in again');
  });
});

function captureSeries(world: ApiWorld, incidentId: string) {
  const at_ms = Date.UTC(2026, 9, 1, 6);
  const points = [1, 2, 3].map((value) => ({ at_ms: at_ms + value * 60_000, value: value * 90 }));
  const finding: Finding = {
    action: 'open',
    rule: { id: 'dust', version: '1' },
    type: 'dust-exceedance',
    key: 'dust-1',
    onset_ms: at_ms,
    at_ms,
    lastSeen_ms: at_ms,
    severity: 2,
    confidence: 1,
    place: { lon: 0, lat: 0 },
    sources: [],
    missing: [],
    measures: {},
    exhibits: [{ kind: 'series', deviceId: 'dust-1', at_ms, metric: 'pm10_ug_m3', limit: 150, points }],
  };
  return world.evidence.capture(incidentId, finding);
}
