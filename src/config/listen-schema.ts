import Type from 'typebox';

const closed = { additionalProperties: false } as const;
const Host = Type.String({ default: '127.0.0.1' });
const Port = (port: number) => Type.Integer({ minimum: 0, maximum: 65535, default: port });

/** API, page, and MQTT over WebSocket; with `tls` as HTTPS and WSS. */
export const HttpListener = Type.Object(
  { host: Host, port: Port(8080), tls: Type.Boolean({ default: false }) },
  { ...closed, default: {} },
);

/** MQTT without TLS. */
export const MqttListener = Type.Object(
  { host: Host, port: Port(1883), enabled: Type.Boolean({ default: true }) },
  { ...closed, default: {} },
);

/** MQTT with TLS; absent means that there is none. */
export const MqttsListener = Type.Object({ host: Host, port: Port(8883) }, closed);

/** The server's certificate, and who may vouch for its clients. */
export const Tls = Type.Object(
  {
    cert: Type.String({ minLength: 1 }),
    key: Type.String({ minLength: 1 }),
    client_ca: Type.Optional(Type.String({ minLength: 1 })),
    client_crl: Type.Optional(Type.String({ minLength: 1 })),
  },
  closed,
);

/** Stations that speak HJ 212; absent means that there is no listener for them. */
export const Hj212Listener = Type.Object(
  {
    host: Host,
    port: Port(8212),
    idle_timeout_s: Type.Integer({ minimum: 10, maximum: 86_400, default: 3900 }),
  },
  closed,
);

/** MQTT without credentials and rules of topics, for suites that test the protocol. */
export const OpenMqtt = Type.Object(
  { refuse: Type.Array(Type.String({ minLength: 1 }), { maxItems: 100, default: ['test/nosubscribe'] }) },
  closed,
);
