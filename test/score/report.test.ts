import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/score/compare.ts';
import { collectPictures, type PictureSources } from '../../src/score/report/collect-pictures.ts';
import { html } from '../../src/score/report/markup.ts';
import { axisTicks } from '../../src/score/report/time-axis.ts';
import { writeReport } from '../../src/score/report/write-report.ts';
import { scoreRun } from '../../src/score/score.ts';
import { tempDir } from '../support/temp-dir.ts';
import { at, found, input, label, north, PLACE } from './support.ts';

const item = (id: string, kind: 'snapshot' | 'track' | 'series') => ({
  id,
  kind,
  at: '2026-05-11T02:00:00.000Z',
  href: '',
  sha256: 'a'.repeat(64),
  mediaType: 'image/jpeg',
});

let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await sharp({ create: { width: 1280, height: 720, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
});

const none: PictureSources = { evidence: async () => undefined, frame: async () => undefined };

describe('collectPictures', () => {
  it('asks for a frame at the middle of a miss and for the evidence of a false alarm', async () => {
    const asked: unknown[] = [];
    const score = scoreRun(
      input(
        [label('m', 600, 900, { box: [0.1, 0.1, 0.4, 0.4] })],
        [found('f', 2000, 2060, 2100, { evidence: [item('e', 'snapshot')] })],
      ),
    );
    const { pictures, notes } = await collectPictures(score, undefined, {
      frame: async (...args) => {
        asked.push(args);
        return jpeg;
      },
      evidence: async (incidentId, { id }) => {
        asked.push([incidentId, id]);
        return jpeg;
      },
    });
    expect(asked).toEqual([
      ['cam-1', at(750)],
      ['f', 'e'],
    ]);
    expect([...pictures.values()]).toMatchObject([
      { kind: 'photo', width: 720, height: 405, box: [0.1, 0.1, 0.4, 0.4] },
      { kind: 'photo', width: 720, height: 405 },
    ]);
    expect(notes).toEqual([]);
  });

  it('keeps to its bounds, gives each type its turn and says what it left out', async () => {
    const stalls = Array.from({ length: 5 }, (_, index) => label(`s${index}`, index * 100, index * 100 + 90));
    const fire = label('fire', 0, 90, { type: 'fire' });
    const score = scoreRun(input([...stalls, fire], [], { types: ['stall', 'fire'] }));
    const bounds = { picturesMax: 3, bytesMax: 1e6 };
    const { pictures, notes } = await collectPictures(
      score,
      undefined,
      { ...none, frame: async () => jpeg },
      bounds,
    );
    expect([...pictures.keys()].filter((key) => key.includes('fire'))).toHaveLength(1);
    expect(pictures.size).toBe(3);
    expect(notes[0]).toContain('3 pictures are left out');
    const small = await collectPictures(
      score,
      undefined,
      { ...none, frame: async () => jpeg },
      { picturesMax: 9, bytesMax: 10 },
    );
    expect(small.pictures.size).toBe(0);
    expect(small.notes[0]).toContain('6 pictures are left out');
  });

  it('goes on without what is no picture or cannot be read', async () => {
    const score = scoreRun(input([label('a', 0, 90), label('b', 200, 290)], []));
    let calls = 0;
    const frame = async (): Promise<Uint8Array> => {
      calls += 1;
      if (calls === 1) throw new Error('gone');
      return Buffer.from('<svg onload="alert(1)"/>');
    };
    const { pictures, notes } = await collectPictures(score, undefined, { ...none, frame });
    expect(pictures.size).toBe(0);
    expect(notes).toEqual(['2 pictures could not be read.']);
  });

  it('draws the surroundings of a miss that no camera saw', async () => {
    const devices = [
      { id: 'truck-1', kind: 'truck' },
      { id: 'dust-1', kind: 'dust', ...north(200) },
      { id: 'far-off', kind: 'dust', ...north(9000) },
    ] as const;
    const missed = label('m', 600, 900, { deviceIds: ['truck-1'] });
    const alarm = found('near-by', 700, 760, 800, { deviceId: 'dust-1', place: north(300) });
    const score = scoreRun(input([missed], [alarm], { devices }));
    const { pictures } = await collectPictures(score, undefined, none);
    const [picture] = pictures.values();
    const markup = picture?.kind === 'drawing' ? picture.drawing.markup : '';
    expect(markup).toMatch(/class="spot".*dust-1.*near-by/);
    expect(markup).not.toContain('far-off');
  });

  it('draws tracks and series, and nothing of what is neither', async () => {
    const track = {
      features: [0, 1, 2].map((step) => ({
        geometry: { type: 'Point', coordinates: [PLACE.lon + step / 1000, PLACE.lat] },
      })),
    };
    const series = { metric: 'pm10 <b>', limit: 150, points: [{ at: '2026-05-11T02:00:00Z', value: 99 }] };
    const drawn = async (kind: 'track' | 'series', text: string) => {
      const score = scoreRun(input([], [found('f', 0, 60, 90, { evidence: [item('e', kind)] })]));
      const { pictures } = await collectPictures(score, undefined, {
        ...none,
        evidence: async () => Buffer.from(text),
      });
      const [picture] = pictures.values();
      return picture?.kind === 'drawing' ? picture.drawing.markup : undefined;
    };
    expect(await drawn('track', JSON.stringify(track))).toMatch(/<polyline.*<text[^>]*>50 m<\/text>/);
    expect(await drawn('series', JSON.stringify(series))).toContain('pm10 &lt;b&gt;');
    for (const text of ['nonsense', '[]', '{"features":[{}]}', '{"points":[1,{"at":"x","value":1}]}']) {
      expect(await drawn('track', text)).toBeUndefined();
      expect(await drawn('series', text)).toBeUndefined();
    }
  });
});

describe('writeReport', () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e';

  it('writes one page that loads and runs nothing from outside', async () => {
    const file = join(tempDir(), 'report.html');
    const score = scoreRun(
      input(
        [label('m', 600, 900, { note: evil }), label(evil, 0, 300)],
        [
          found(evil, 0, 60, 300, { deviceId: evil }),
          found('again', 100, 160, 300, { measures: { note: evil } }),
          found('wrong', 2000, 2060, 2100, { subject: { deviceId: 'cam-1', plate: evil } }),
        ],
        { name: evil, recording: evil, devices: [{ id: 'cam-1', kind: 'camera', name: evil }] },
      ),
    );
    const comparison = compareRuns(scoreRun(input([], [], { name: evil })), score);
    const failures = [{ type: evil, text: evil }];
    const written = await writeReport({
      file,
      score,
      comparison,
      failures,
      sources: { ...none, frame: async () => jpeg },
    });
    const page = readFileSync(file, 'utf8');
    expect(written).toMatchObject({ bytes: Buffer.byteLength(page), notes: [] });
    expect(written.pictures).toBeGreaterThan(1);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img src=x|\u202e|https?:/);
    expect(
      [...page.matchAll(/ (?:src|href)="([^"]{0,16})/g)].every(([, url]) =>
        /^(data:image\/jpeg;|#[a-z]\d+)/.test(url ?? ''),
      ),
    ).toBe(true);
    expect(page).toMatch(
      /content="default-src 'none'; img-src data:; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'"/,
    );
    for (const heading of [
      'Missed',
      'False alarms',
      'Reported more than once',
      'Hits',
      'Compared',
      'Timeline',
    ]) {
      expect(page).toContain(heading);
    }
  });

  it('writes a page for a run without labels and incidents, and leaves no half file', async () => {
    const dir = tempDir();
    await writeReport({ file: join(dir, 'empty.html'), score: scoreRun(input([], [])), sources: none });
    expect(readFileSync(join(dir, 'empty.html'), 'utf8')).toContain(
      'Nothing is labelled and nothing was found.',
    );
    await expect(
      writeReport({ file: join(dir, 'not', 'there.html'), score: scoreRun(input([], [])), sources: none }),
    ).rejects.toThrow();
    expect(readdirSync(dir)).toEqual(['empty.html']);
  });
});

describe('axisTicks', () => {
  it('gives round local times, not too many of them', () => {
    const hour_ms = 3_600_000;
    const from_ms = Date.UTC(2026, 4, 11, 2, 3);
    expect(
      axisTicks(from_ms, from_ms + hour_ms, 'Asia/Shanghai').map((tick) => new Date(tick).getUTCMinutes()),
    ).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 0]);
    const days = axisTicks(from_ms, from_ms + 7 * 24 * hour_ms, 'Asia/Shanghai');
    expect(new Set(days.map((tick) => new Date(tick).getUTCHours()))).toEqual(new Set([16]));
    expect(axisTicks(from_ms, from_ms + 10_000 * 24 * hour_ms, 'UTC').length).toBeLessThanOrEqual(13);
    expect(axisTicks(from_ms, from_ms, 'UTC')).toEqual([]);
  });
});

it('lets no text out of its place in the markup', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { markup } = html`<b title="${text}">${text}</b>`;
      expect(markup.match(/[<>"]/g)?.join('')).toBe('<""><>');
    }),
  );
});
