import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { WebSocket } from 'ws';
import { type ApiApp, becomesSocket, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import { isBlurredFor } from '../blurred.ts';
import { isSameOrigin, readCredential } from '../credentials.ts';
import type { ApiParts, ApiSettings } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { IdParameter } from '../query.ts';

/** Close codes of RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;
const POLICY = 1008;

/**
 * `/cameras/:id/live`: a camera as it is now, over WebSocket. Texts are JSON: `waiting` (nothing to show yet, with a reason)
 * and `start` (`format`, and of an mp4 its `mime`), after which the stream follows in binary messages. A browser sends its
 * cookie to whoever asks it to: only the page's own origin may use it.
 */
export function liveRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'live' | 'privacy'>,
  { auth, settings }: { readonly auth: Authenticator; readonly settings: Pick<ApiSettings, 'heartbeat_ms'> },
): void {
  app.route({
    method: 'GET',
    url: '/cameras/:id/live',
    config: needs('viewer'),
    schema: {
      tags: ['cameras'],
      summary:
        'Live view: a WebSocket with fragmented MP4 (H.264 as it comes) or MPEG-1 in MPEG-TS (what browsers cannot play)',
      params: Type.Object({ id: IdParameter }),
      response: becomesSocket('Texts in JSON and the stream in binary messages'),
    },
    preHandler: async (request) => {
      if (!request.ws)
        throw new ApiProblem('upgrade-required', undefined, { headers: { Upgrade: 'websocket' } });
      if (readCredential(request.headers)?.kind === 'cookie' && !isSameOrigin(request.headers)) {
        throw new ApiProblem('cross-site');
      }
      if (isBlurredFor(request, auth, parts.privacy)) {
        throw new ApiProblem(
          'forbidden',
          'this key is shown blurred pictures alone, and a live view is not blurred',
        );
      }
      const { id } = request.params;
      const refusal = parts.live.refusal(id);
      if (refusal === 'unknown-camera')
        throw new ApiProblem('not-found', `no camera ${id} with a stream that may be shown`);
      if (refusal !== undefined)
        throw new ApiProblem(refusal, undefined, { headers: { 'Retry-After': '10' } });
    },
    handler: () => {
      throw new ApiProblem('upgrade-required');
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as { readonly id: string };
      show(socket, id, parts.live, { heartbeat_ms: settings.heartbeat_ms, request, auth });
    },
  });
}

interface Watch {
  readonly heartbeat_ms: number;
  readonly request: FastifyRequest;
  readonly auth: Authenticator;
}

function show(socket: WebSocket, cameraId: string, live: ApiParts['live'], watch: Watch): void {
  const { heartbeat_ms, request, auth } = watch;
  // What is sent to one who has just gone is lost, as is everything else.
  const sent = (): void => undefined;
  const leave = live.join(cameraId, {
    send: (data) => socket.send(data, sent),
    get waiting_bytes() {
      return socket.bufferedAmount;
    },
    close: (reason) => socket.close(GOING_AWAY, reason),
  });
  let isThere = true;
  socket.on('pong', () => {
    isThere = true;
  });
  const heart = setInterval(() => {
    if (!isThere) socket.terminate();
    else if (auth.stillValid(request)) socket.ping(sent);
    else socket.close(POLICY, 'the session is over');
    isThere = false;
  }, heartbeat_ms);
  socket.on('close', () => {
    clearInterval(heart);
    leave();
  });
}
