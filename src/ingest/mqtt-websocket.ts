import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { shownCertificate } from './client-certificate.ts';
import type { Attach } from './mqtt-listeners.ts';

/** The part of the broker that takes connections. */
interface MqttHost {
  readonly limits: { readonly packet_bytes_max: number };
  readonly attach: Attach;
}

const SUBPROTOCOL = 'mqtt';
/** Room for the few small packets that a client may put into one frame with a large one. */
const FRAME_SPARE_BYTES = 64 * 1024;

/**
 * Serves MQTT over WebSocket (MQTT 3.1.1, section 6) at `path` of an HTTP server, and answers 404 for other
 * upgrades where nobody else listens for them. Returns what ends it, connections included.
 */
export function attachMqttWebSocket(server: Server, path: string, broker: MqttHost): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    // A client may offer several; the server must choose `mqtt` [MQTT-6.0.0-4].
    handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    maxPayload: broker.limits.packet_bytes_max + FRAME_SPARE_BYTES,
    // Compression would let a small frame grow in memory, for messages that are small anyway.
    perMessageDeflate: false,
  });

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) !== path) {
      if (server.listenerCount('upgrade') === 1) refuse(socket, '404 Not Found');
      return;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) {
      refuse(socket, '400 Bad Request');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (_data, isBinary) => {
        // Other frames than binary ones end the connection [MQTT-6.0.0-1].
        if (!isBinary) webSocket.terminate();
      });
      // Back-pressure goes both ways: the stream pauses the socket, and its writes wait for what is sent.
      const { socket: tcp } = request;
      const certificate = tcp instanceof TLSSocket ? shownCertificate(tcp) : ({ kind: 'none' } as const);
      broker.attach(createWebSocketStream(webSocket), tcp.remoteAddress ?? '', certificate);
    });
  };

  server.on('upgrade', onUpgrade);
  return () => {
    server.off('upgrade', onUpgrade);
    for (const webSocket of sockets.clients) webSocket.terminate();
    sockets.close();
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
