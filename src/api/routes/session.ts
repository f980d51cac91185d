import Type from 'typebox';
import { isoTime } from '../../domain/time.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import { isSameOrigin, SESSION_COOKIE } from '../credentials.ts';
import type { ApiOptions, ApiSettings } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { CLOSED } from '../query.ts';

const Holder = {
  name: Type.String(),
  role: Type.String(),
  timeZone: Type.Optional(Type.String({ description: 'Of the city, IANA name' })),
  now: Type.String({
    format: 'date-time',
    description: "The gateway's clock; in a rehearsal it is not the wall's",
  }),
};
const SignIn = Type.Object({ key: Type.String({ minLength: 1, maxLength: 256 }) }, CLOSED);

/** `/session`: exchanges an API key for the page's cookie, tells whose it is, and ends it. */
export function sessionRoutes(
  app: ApiApp,
  auth: Authenticator,
  settings: Pick<ApiSettings, 'session_lifetime_ms'> & Pick<ApiOptions, 'timeZone'>,
  clock: Clock,
): void {
  const city = () => ({
    ...(settings.timeZone === undefined ? {} : { timeZone: settings.timeZone }),
    now: isoTime(clock()),
  });

  app.post(
    '/session',
    {
      config: needs('open'),
      schema: {
        tags: ['session'],
        summary: 'Opens a session for the page; sets an HttpOnly cookie',
        body: SignIn,
        response: answers(Type.Object({ ...Holder, expiresAt: Type.String({ format: 'date-time' }) })),
      },
    },
    async (request, reply) => {
      // Another site must not be able to sign this browser in under a key of its own.
      const fromBrowser =
        request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
      if (fromBrowser && !isSameOrigin(request.headers)) throw new ApiProblem('cross-site');
      const { id, holder, session } = await auth.signIn(request, request.body.key);
      const maxAge_s = Math.floor(settings.session_lifetime_ms / 1000);
      reply.header('Set-Cookie', cookie(id, maxAge_s, request.protocol === 'https'));
      return { name: holder.name, role: holder.role, ...city(), expiresAt: isoTime(session.expires_ms) };
    },
  );

  app.get(
    '/session',
    {
      config: needs('viewer'),
      schema: { tags: ['session'], summary: 'Who is signed in', response: answers(Type.Object(Holder)) },
    },
    (request) => {
      const principal = auth.principal(request);
      if (principal.kind !== 'key') throw new ApiProblem('forbidden');
      return { name: principal.name, role: principal.role, ...city() };
    },
  );

  app.delete(
    '/session',
    {
      config: needs('viewer'),
      schema: { tags: ['session'], summary: 'Ends the session', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      auth.signOut(request);
      return reply
        .code(204)
        .header('Set-Cookie', cookie('', 0, request.protocol === 'https'))
        .send(null);
    },
  );
}

function cookie(value: string, maxAge_s: number, secure: boolean): string {
  const base = `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${maxAge_s}; HttpOnly; SameSite=Strict`;
  return secure ? `${base}; Secure` : base;
}
