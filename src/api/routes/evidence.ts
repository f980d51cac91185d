import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type ApiApp, answersMedia, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import { blurredOrBusy, isBlurredFor } from '../blurred.ts';
import type { ApiParts, PrivacyParts } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { IdParameter } from '../query.ts';
import { parseRange } from '../range.ts';

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'video/mp4': 'mp4',
  'application/json': 'json',
  'application/geo+json': 'geojson',
};

/**
 * `/incidents/:id/evidence/:eid`: the file as it was hashed when captured, with range requests. The ids are
 * looked up; nothing of the URL becomes a path.
 */
export function evidenceRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'evidence' | 'privacy'>,
  auth: Pick<Authenticator, 'principal'>,
): void {
  app.get(
    '/incidents/:id/evidence/:eid',
    {
      config: needs('viewer'),
      schema: {
        tags: ['incidents'],
        summary: 'An evidence file; its ETag is the sha256 of when it was captured',
        params: Type.Object({ id: IdParameter, eid: IdParameter }),
        response: answersMedia('*/*', 'The file; 206 with a range, 304 where the ETag is known'),
      },
    },
    async (request, reply) => {
      const { id, eid } = request.params;
      const found = parts.evidence.open(id, eid);
      if (found === undefined) throw new ApiProblem('not-found', `no evidence ${eid} of incident ${id}`);
      const { privacy } = parts;
      if (isBlurredFor(request, auth, privacy) && /^(image|video)\//.test(found.mediaType)) {
        return sendBlurred(reply, privacy, id, eid);
      }
      const etag = `"${found.sha256}"`;
      reply
        .header('ETag', etag)
        .header('Cache-Control', 'private, max-age=31536000, immutable')
        .header('Accept-Ranges', 'bytes')
        .header('Content-Disposition', `inline; filename="${eid}.${EXTENSIONS[found.mediaType] ?? 'bin'}"`)
        // Whatever a file claims to be, opened by itself it runs nothing.
        .header('Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'");
      if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
      const file = await openFile(found.path, `evidence ${eid} of incident ${id}`);
      return await sendFile(request, reply.type(found.mediaType), file, etag);
    },
  );
}

/** The picture as it may be shown; what is hashed and chained is the original. */
async function sendBlurred(
  reply: FastifyReply,
  privacy: PrivacyParts,
  id: string,
  eid: string,
): Promise<FastifyReply> {
  const jpeg = await blurredOrBusy(privacy.evidence(id, eid));
  if (jpeg === undefined) {
    throw new ApiProblem('forbidden', `this shows faces and plates; it needs the role ${privacy.originals}`);
  }
  return reply
    .type('image/jpeg')
    .header('Content-Disposition', `inline; filename="${eid}-blurred.jpg"`)
    .header('Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
    .send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength));
}

async function openFile(path: string, what: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ApiProblem('gone', `${what} was removed`);
    throw error;
  }
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: FileHandle,
  etag: string,
): Promise<FastifyReply> {
  const { size } = await file.stat();
  const ifRange = request.headers['if-range'];
  const header = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = parseRange(header, size);
  if (range === 'unsatisfiable' || request.method === 'HEAD' || size === 0) {
    await file.close();
    if (range === 'unsatisfiable') {
      throw new ApiProblem('range-not-satisfiable', `the file has ${size} bytes`, {
        headers: { 'Content-Range': `bytes */${size}` },
      });
    }
    // An empty stream, for text would set the length of the text.
    return reply.header('Content-Length', size).send(Readable.from([]));
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  if (range !== undefined) reply.code(206).header('Content-Range', `bytes ${first}-${last}/${size}`);
  reply.header('Content-Length', last - first + 1);
  // The stream closes the file, also when the client goes away.
  return reply.send(file.createReadStream({ start: first, end: last }));
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
