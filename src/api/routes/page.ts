import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type ApiApp, needs } from '../api-app.ts';
import type { PageFile } from '../page-files.ts';
import { ApiProblem } from '../problem.ts';

/** The style that @cycjimmy/jsmpeg-player 6.1.2 puts into the page (for buttons that are not used), empty at first. */
const PLAYER_STYLES =
  "'sha256-lRyplcblLyRa4o+ZUBNzXETDGwKXzgKgrWbiYOwfTLg=' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Nothing inline and nothing from elsewhere; pictures and events come from this server alone. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${PLAYER_STYLES}`,
  "media-src 'self' blob:",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page at `/` and its files under `/page/`; they hold no data, so they need no key. */
export function pageRoutes(app: ApiApp, files: ReadonlyMap<string, PageFile>): void {
  const send = (request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply => {
    const file = files.get(name);
    if (file === undefined) throw new ApiProblem('not-found');
    reply
      .header('ETag', file.etag)
      .header('Cache-Control', 'no-cache')
      .header('Content-Security-Policy', PAGE_POLICY);
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
    return reply.type(file.mediaType).send(file.body);
  };

  app.get('/', { config: needs('open'), schema: { hide: true } }, (request, reply) =>
    send(request, reply, 'index.html'),
  );
  app.get(
    '/page/:file',
    { config: needs('open'), schema: { hide: true, params: Type.Object({ file: Type.String() }) } },
    (request, reply) => send(request, reply, request.params.file),
  );
}
