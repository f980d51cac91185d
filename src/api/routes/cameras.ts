import Type from 'typebox';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, answersMedia, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import { blurredOrBusy, isBlurredFor } from '../blurred.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { IdParameter } from '../query.ts';

const CameraView = Type.Object({
  id: Type.String(),
  name: Type.Optional(Type.String()),
  street: Type.Optional(Type.String()),
  lon: Type.Optional(Type.Number()),
  lat: Type.Optional(Type.Number()),
  state: Type.Enum(['connecting', 'live', 'stalled', 'failed', 'unknown']),
  reason: Type.Optional(Type.String()),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  lastFrameAt: Type.Optional(Type.String({ format: 'date-time' })),
  frame: Type.String({ description: 'Where its latest frame is' }),
  suppressed: Type.Integer({ description: 'Places that are held back: see its suppressions' }),
});

/** `/cameras` and `/cameras/:id/frame.jpg`. */
export function cameraRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'cameras' | 'devices' | 'scene' | 'privacy'>,
  auth: Pick<Authenticator, 'principal'>,
): void {
  app.get(
    '/cameras',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cameras'],
        summary: 'Cameras and how their streams are',
        response: answers(Type.Object({ items: Type.Array(CameraView) })),
      },
    },
    () => ({
      items: parts.cameras.list().map(({ id, state = 'unknown' as const, reason, at_ms, lastFrame_ms }) => {
        const { name, street, lon, lat } = parts.devices.get(id) ?? {};
        const optional = {
          name,
          street,
          lon,
          lat,
          reason,
          since: at_ms === undefined ? undefined : isoTime(at_ms),
          lastFrameAt: lastFrame_ms === undefined ? undefined : isoTime(lastFrame_ms),
        };
        const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
        return {
          id,
          state,
          ...known,
          frame: `/api/v1/cameras/${id}/frame.jpg`,
          suppressed: parts.scene.suppressed(id).length,
        };
      }),
    }),
  );

  app.get(
    '/cameras/:id/frame.jpg',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cameras'],
        summary: 'Latest frame of a camera',
        params: Type.Object({ id: IdParameter }),
        response: answersMedia('image/jpeg', 'The frame; Last-Modified is when it was taken'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const frame = await parts.cameras.latestFrame(id);
      if (frame === undefined) {
        const exists = parts.cameras.list().some((camera) => camera.id === id);
        throw exists ? new ApiProblem('no-frame') : new ApiProblem('not-found', `no camera ${id}`);
      }
      const { privacy } = parts;
      const jpeg = isBlurredFor(request, auth, privacy)
        ? await blurredOrBusy(privacy.frame(id, frame))
        : frame.jpeg;
      return reply
        .type('image/jpeg')
        .header('Last-Modified', new Date(frame.at_ms).toUTCString())
        .header('X-Frame-At', isoTime(frame.at_ms))
        .send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength));
    },
  );
}
