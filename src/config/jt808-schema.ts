import Type from 'typebox';

const closed = { additionalProperties: false } as const;

/** Trucks over JT/T 808: off where it is not there. */
export const Jt808Listener = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1' }),
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 8808 }),
    authenticate: Type.Boolean({ default: true }),
    registration: Type.Enum(['open', 'closed'], { default: 'open' }),
    idle_timeout_s: Type.Integer({ minimum: 10, maximum: 86_400, default: 300 }),
  },
  closed,
);

/** How a truck's terminal shows itself, and where its maker puts the truck's state. */
export const Jt808Identity = Type.Object(
  {
    phone: Type.String({ pattern: '^[0-9]{1,20}$' }),
    profile: Type.Optional(Type.String()),
    terminal_id: Type.Optional(Type.String({ minLength: 1, maxLength: 30 })),
  },
  closed,
);

/** What terminals of all trucks have in common. */
export const Jt808Settings = Type.Object(
  { profiles: Type.Optional(Type.String({ minLength: 1 })) },
  { ...closed, default: {} },
);
