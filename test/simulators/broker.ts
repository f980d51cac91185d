import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** A message as the broker got it. */
export interface Received {
  readonly topic: string;
  readonly clientId: string;
  readonly payload: unknown;
  readonly qos: number;
  readonly retain: boolean;
}

/** A real broker on a free port that remembers what was published. */
export interface TestBroker {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** Drops every connection and refuses new ones until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts aedes; with `secrets` it lets in only who knows one. */
export async function startTestBroker(secrets?: Readonly<Record<string, string>>): Promise<TestBroker> {
  const aedes = await Aedes.createBroker({ concurrency: 0 });
  const received: Received[] = [];
  aedes.authenticate = (_client, user, password, done) => {
    const right =
      secrets === undefined || (password !== undefined && secrets[user ?? ''] === password.toString());
    done(right ? null : Object.assign(new Error('bad credentials'), { returnCode: 4 as const }), right);
  };
  aedes.authorizePublish = (client, packet, done) => {
    const { topic, qos, retain } = packet;
    const payload: unknown = topic.includes('/snapshot')
      ? packet.payload
      : JSON.parse(packet.payload.toString());
    received.push({ topic, qos, retain, payload, clientId: client?.id ?? '' });
    done(null);
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  };
  const pause = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    received,
    pause,
    resume: async () => {
      await listen(port);
    },
    stop: async () => {
      if (server.listening) await pause();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}
