import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import type { ApiApp } from './api-app.ts';

/** Viewers have nothing to say. */
const MESSAGE_BYTES_MAX = 1024;
/** So long a client may take to answer that the connection is to end. */
const CLOSE_GRACE_MS = 1000;

/**
 * Lets routes take WebSockets; each passes the hooks of every request before. `others` are paths of the same server that
 * somebody else upgrades.
 */
export async function takeWebSockets(app: ApiApp, others: readonly string[]): Promise<void> {
  const upgrades = new EventEmitter();
  await app.register(websocket, {
    // The plugin only listens on it for upgrades; on the server itself it would answer the others' as well.
    options: { server: upgrades as Server, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose(done) {
      const { clients } = this.websocketServer;
      for (const client of clients) client.close(1001, 'the gateway is shutting down');
      setTimeout(() => {
        for (const client of clients) client.terminate();
      }, CLOSE_GRACE_MS).unref();
      this.websocketServer.close();
      done();
    },
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (!others.includes(path)) upgrades.emit('upgrade', request, socket, head);
  });
}
