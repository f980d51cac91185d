import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { checkModel } from '../../src/vision/model-check.ts';
import { type PublicModel, publicModel, publicModels, pullModel } from '../../src/vision/model-pull.ts';
import { cli } from '../support/cli.ts';
import { onnxGraph } from '../support/onnx-graph.ts';
import { tempDir } from '../support/temp-dir.ts';
import { YOLOX_NANO } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const SHIPPED = join(import.meta.dirname, '../../models/public');
const INPUT = { width: 32, height: 32 };
const GRAPH = Buffer.from(
  onnxGraph(INPUT, [{ name: 'output', dims: [1, 1, 7], values: [0.5, 0.5, 0, 0, 1, 0.9, 0] }]),
);

/** A published detector of the test's own: it finds `a` wherever it is bright. */
async function published(): Promise<PublicModel> {
  const dir = join(tempDir(), 'tiny');
  mkdirSync(dir);
  const sha256 = createHash('sha256').update(GRAPH).digest('hex');
  const manifest = {
    ...YOLOX_NANO,
    name: 'tiny',
    sha256,
    input: { ...YOLOX_NANO.input, ...INPUT, scale: 1 / 255, letterbox: { mode: 'stretch', pad: 0 } },
    head: { type: 'yolox', strides: [32], iou_threshold: 0.5, score_threshold: 0.3 },
    labels: ['a', 'b'],
    classes: { a: 'a', b: 'b' },
    golden: {
      image: 'golden.png',
      iou: 0.9,
      score_tolerance: 0.05,
      boxes: [{ class: 'a', score: 0.9, box: [0, 0, 32, 32] }],
    },
  };
  writeFileSync(join(dir, 'model.yaml'), stringify(manifest));
  writeFileSync(
    join(dir, 'pull.yaml'),
    `url: https://example.invalid/tiny.onnx\nsize_bytes: ${GRAPH.length}\n`,
  );
  const white = { create: { width: 32, height: 32, channels: 3 as const, background: '#fff' } };
  writeFileSync(join(dir, 'golden.png'), await sharp(white).png().toBuffer());
  return publicModel(join(dir, '..'), 'tiny');
}

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny.onnx`, server };
}

function pull(
  model: PublicModel,
  modelsDir: string,
  more: { url?: string; file?: string; env?: Record<string, string> },
) {
  const progress: number[] = [];
  const options = { env: {}, ...more, modelsDir, signal: new AbortController().signal };
  const done = pullModel(model, { ...options, onProgress: (bytes) => progress.push(bytes) });
  return { done, progress };
}
/** Where a download that is not whole lies. */
const partOf = (modelsDir: string): string => join(modelsDir, '.pull-tiny/model.onnx');

test('a detector is fetched and usable at once', async () => {
  const { url } = await serve((_, response) => response.end(GRAPH));
  const models = tempDir();
  const model = await published();
  const { done, progress } = pull(model, models, { url });
  expect(await checkModel(await done)).toMatchObject({ dir: join(models, 'tiny'), ok: true, problems: [] });
  expect(progress.at(-1)).toBe(GRAPH.length);
  expect(readdirSync(models)).toEqual(['tiny']);
  await expect(pull(model, models, { url }).done).rejects.toThrow(/tiny is there already; remove it/);
});

test('what breaks off is gone on with', async () => {
  const ranges: (string | undefined)[] = [];
  const half = GRAPH.length >> 1;
  const models = tempDir();
  const { url } = await serve((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    if (range === undefined) {
      response.writeHead(200, { 'content-length': GRAPH.length });
      response.write(GRAPH.subarray(0, half));
      // Gone once what was sent is on disk.
      void waitUntil(
        'the first half',
        () => statSync(partOf(models), { throwIfNoEntry: false })?.size === half,
      ).then(() => response.destroy());
    } else {
      response.writeHead(206, { 'content-range': `bytes ${half}-${GRAPH.length - 1}/${GRAPH.length}` });
      response.end(GRAPH.subarray(half));
    }
  });
  const model = await published();
  await expect(pull(model, models, { url }).done).rejects.toThrow(
    new RegExp(`broken off after ${half} of ${GRAPH.length} bytes .*run it again`),
  );
  expect(existsSync(join(models, 'tiny'))).toBe(false);
  await pull(model, models, { url }).done;
  expect(ranges).toEqual([undefined, `bytes=${half}-`]);
  expect(readFileSync(join(models, 'tiny/model.onnx'))).toEqual(GRAPH);
});

test('a server that knows no ranges starts anew', async () => {
  const { url } = await serve((_, response) => response.end(GRAPH));
  const models = tempDir();
  mkdirSync(join(models, '.pull-tiny'));
  writeFileSync(partOf(models), 'something old');
  expect(await checkModel(await pull(await published(), models, { url }).done)).toMatchObject({ ok: true });
});

test.each([
  [
    'another file',
    Buffer.from(GRAPH).fill(7, 10, 12),
    /another file: its sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}; it was removed/,
  ],
  ['more bytes', Buffer.concat([GRAPH, GRAPH]), /more than the \d+ bytes that were expected/],
  ['fewer bytes', GRAPH.subarray(0, 20), /broken off after 20 of \d+ bytes; run it again/],
])('%s is refused', async (_name, bytes, message) => {
  const { url } = await serve((_, response) => response.end(bytes));
  const models = tempDir();
  await expect(pull(await published(), models, { url }).done).rejects.toThrow(message);
  expect(existsSync(join(models, 'tiny'))).toBe(false);
  // Only the beginning of the right file may be gone on with.
  expect(existsSync(partOf(models))).toBe(bytes.length < GRAPH.length);
  expect(readdirSync(models)).toHaveLength(bytes.length < GRAPH.length ? 1 : 0);
});

test('a redirect is followed to https alone', async () => {
  const { url } = await serve((_, response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/other' }).end(),
  );
  await expect(pull(await published(), tempDir(), { url }).done).rejects.toThrow(
    /127\.0\.0\.1:\d+ redirects to an address that is not https: not followed/,
  );
  const away = await serve((_, response) =>
    response.writeHead(302, { location: 'https://127.0.0.1:1/?signature=secret' }).end(),
  );
  const failing = pull(await published(), tempDir(), { url: away.url }).done;
  await expect(failing).rejects.toThrow(/^127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)$/);
});

test('an answer that is no file, and no answer, are told', async () => {
  const { url } = await serve((_, response) => response.writeHead(404).end('not here'));
  await expect(pull(await published(), tempDir(), { url }).done).rejects.toThrow(
    /127\.0\.0\.1:\d+ answers 404/,
  );
  const closed = pull(await published(), tempDir(), { url: 'http://127.0.0.1:1/' }).done;
  await expect(closed).rejects.toThrow(/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/);
});

test('a proxy of the environment is used, but not for what NO_PROXY names', async () => {
  const { url } = await serve((_, response) => response.end(GRAPH));
  const tunnels: (string | undefined)[] = [];
  const proxy = await serve((_, response) => response.writeHead(400).end());
  proxy.server.on('connect', (request, socket) => {
    tunnels.push(request.url);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
  });
  const HTTP_PROXY = new URL(proxy.url).origin;
  await pull(await published(), tempDir(), { url, env: { HTTP_PROXY } }).done;
  expect(tunnels).toEqual([new URL(url).host]);
  await pull(await published(), tempDir(), { url, env: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } }).done;
  expect(tunnels).toHaveLength(1);
});

test('a copy that was brought is taken, if it is the right one', async () => {
  const file = join(tempDir(), 'brought.onnx');
  writeFileSync(file, GRAPH.subarray(1));
  const models = tempDir();
  await expect(pull(await published(), models, { file }).done).rejects.toThrow(/another file/);
  writeFileSync(file, GRAPH);
  expect(await checkModel(await pull(await published(), models, { file }).done)).toMatchObject({ ok: true });
});

test('the shipped list names what is published, and the command tells what is wrong', async () => {
  const [model, ...rest] = await publicModels(SHIPPED);
  expect(rest).toEqual([]);
  expect(model?.url).toMatch(/^https:\/\/github\.com\/Megvii-BaseDetection\/YOLOX\/releases\/download\//);
  const listed = await cli(['models', 'pull']);
  expect(listed).toMatchObject({
    code: 0,
    out: [expect.stringContaining('yolox-nano-coco\t3.7 MB\tApache-2.0')],
  });
  expect(await cli(['models', 'pull', 'nothing'])).toMatchObject({
    code: 2,
    err: [expect.stringContaining('there is yolox-nano-coco'), expect.anything()],
  });
  const config = join(tempDir(), 'xuncheng.yaml');
  writeFileSync(config, 'vision: { models_dir: models }\n');
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(CONFIG, name), join(config, '..', name));
  const { url } = await serve((_, response) => response.end(Buffer.alloc(3_659_407)));
  const { code, err } = await cli(['models', 'pull', 'yolox-nano-coco', '--config', config, '--url', url]);
  expect({ code, err }).toMatchObject({
    code: 1,
    err: [expect.stringContaining('another file: its sha256 is'), expect.stringContaining('--file')],
  });
});
