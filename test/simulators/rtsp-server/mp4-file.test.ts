import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mp4Error } from '../../../simulators/rtsp-server/mp4-boxes.ts';
import { openMp4, parseMoov } from '../../../simulators/rtsp-server/mp4-file.ts';
import { startRtspServer } from '../../../simulators/rtsp-server/rtsp-server.ts';
import { type Clips, encode, FFMPEG, FFPROBE, makeClips } from '../video-clips.ts';

describe('reading mp4 files', () => {
  let clips: Clips;
  beforeAll(() => {
    clips = makeClips();
  });
  afterAll(() => clips.remove());

  it.each(['h264', 'h265'] as const)('finds every sample of %s where ffprobe finds it', async (codec) => {
    const file = clips[codec];
    const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pos,size,flags,pts,dts'];
    const text = execFileSync(FFPROBE, [...args, '-of', 'json', file], { encoding: 'utf8' });
    const { packets } = JSON.parse(text) as {
      packets: Record<'pos' | 'size' | 'flags' | 'pts' | 'dts', string>[];
    };
    const video = await openMp4(file);
    const { samples } = video.track;
    const first = Number(packets[0]?.dts);
    expect(video.track).toMatchObject({ codec, width_px: 640, height_px: 360 });
    const mine = Array.from({ length: samples.count }, (_none, index) => [
      samples.offsets[index],
      samples.sizes[index],
      samples.sync[index] === 1,
      samples.dts[index],
      samples.cts[index],
    ]);
    const theirs = packets.map(({ pos, size, flags, pts, dts }) => [
      Number(pos),
      Number(size),
      flags.includes('K'),
      Number(dts) - first,
      Number(pts) - Number(dts),
    ]);
    expect(mine).toEqual(theirs);
    await video.close();
  });

  it('says in words what is wrong with a file', async () => {
    const at = (name: string): string => join(clips.dir, name);
    writeFileSync(at('text.mp4'), 'this is a letter, not a film');
    writeFileSync(at('empty.mp4'), '');
    const whole = readFileSync(clips.h264);
    writeFileSync(at('half.mp4'), whole.subarray(0, whole.length / 2));
    encode(at('faststart.mp4'), 't=1', '-c:v', 'libx264', '-movflags', '+faststart');
    const fast = readFileSync(at('faststart.mp4'));
    writeFileSync(at('cut.mp4'), fast.subarray(0, fast.length - 500));
    encode(at('old.mp4'), 't=1', '-c:v', 'mpeg4');
    encode(at('pieces.mp4'), 't=1', '-c:v', 'libx264', '-movflags', '+frag_keyframe+empty_moov');
    const tone = ['-y', '-loglevel', 'error', '-f', 'lavfi', '-i', 'sine', '-t', '1'];
    execFileSync(FFMPEG, [...tone, at('tone.m4a')]);
    const cases: [string, RegExp][] = [
      ['text.mp4', /text\.mp4: not an mp4 file/],
      ['empty.mp4', /empty\.mp4: not an mp4 file/],
      ['half.mp4', /half\.mp4: no index \(moov\) found/],
      ['cut.mp4', /cut\.mp4: sample \d+ lies beyond the end of the file/],
      ['old.mp4', /old\.mp4: codec 'mp4v' is not served/],
      ['pieces.mp4', /pieces\.mp4: fragmented mp4 files are not served/],
      ['tone.m4a', /tone\.m4a: no video track/],
      ['none.mp4', /none\.mp4: cannot be read \(ENOENT\)/],
      ['.', /not a file|EISDIR/],
    ];
    for (const [name, message] of cases) {
      await expect(openMp4(at(name))).rejects.toThrow(message);
      await expect(openMp4(at(name))).rejects.toBeInstanceOf(Mp4Error);
    }
  });

  it('never does worse than an Mp4Error on a damaged index', () => {
    const whole = readFileSync(clips.h264);
    const at = whole.indexOf('moov') + 4;
    const moov = whole.subarray(at, at - 8 + whole.readUInt32BE(at - 8));
    expect(parseMoov(moov).codec).toBe('h264');
    const damage = fc.array(fc.tuple(fc.nat(moov.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(damage, fc.nat(moov.length), (changes, length) => {
        const copy = Buffer.from(moov.subarray(0, Math.max(length, moov.length - 50)));
        for (const [index, value] of changes) if (index < copy.length) copy[index] = value;
        try {
          parseMoov(copy);
        } catch (error) {
          // RangeError is a read beyond the end; openMp4 names the file around it.
          if (!(error instanceof Mp4Error) && !(error instanceof RangeError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses mounts that cannot be meant', async () => {
    const log = { info: () => undefined, warn: () => undefined };
    const start = (...mounts: { path: string; file: string; user?: string }[]) =>
      startRtspServer({ host: '127.0.0.1', port: 0, mounts, log });
    const file = clips.h264;
    await expect(start({ path: 'cam', file })).rejects.toThrow("'cam' is no mount path");
    await expect(start({ path: '/a', file }, { path: '/a', file })).rejects.toThrow('given twice');
    await expect(start({ path: '/a', file, user: 'u' })).rejects.toThrow('both user and password');
  });
});
