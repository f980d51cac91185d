import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { type ShownCertificate, shownCertificate } from './client-certificate.ts';

/** Where to listen; port 0 picks a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A certificate that may be replaced while it is served. */
export interface TlsSource {
  readonly current: {
    readonly cert: Buffer;
    readonly key: Buffer;
    readonly ca?: Buffer;
    readonly crl?: Buffer;
  };
  /** True where clients may show a certificate of their own. */
  readonly asksClients: boolean;
  onChange(listener: () => void): () => void;
}

/** Takes a connection, with what its client showed of itself. */
export type Attach = (stream: Duplex, remote: string, certificate: ShownCertificate) => void;

/** What a listener tells of connections that never came to be. */
export type OnTrouble = (fault: string, message: string) => void;

const TCP_KEEPALIVE_MS = 60_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS } as const;

/** A server that listens, and the way to end its listening (not its connections). */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens for MQTT over TCP. */
export function listenTcp(address: Address, attach: Attach): Promise<Listening> {
  const server = createServer(SOCKET, (socket) => {
    attach(socket, socket.remoteAddress ?? '', { kind: 'none' });
  });
  return listening(server, address, () => undefined);
}

/** Listens for MQTT over TLS 1.2 and later; a new certificate holds for the connections that come after it. */
export function listenTls(
  address: Address,
  tls: TlsSource,
  attach: Attach,
  onTrouble: OnTrouble,
): Promise<Listening> {
  const server = createTlsServer({
    ...SOCKET,
    ...tlsOptions(tls),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    attach(socket, socket.remoteAddress ?? '', shownCertificate(socket));
  });
  server.on('tlsClientError', (error, socket) => {
    onTrouble('tls handshake failed', `${error.message} at ${socket.remoteAddress ?? 'unknown'}`);
  });
  const forget = tls.onChange(() => server.setSecureContext(tlsOptions(tls)));
  return listening(server, address, forget);
}

/**
 * Options of a TLS server. A client with a certificate that is not good is turned away by us rather than in
 * the handshake, where TLS 1.3 could not tell it why.
 */
export function tlsOptions(tls: TlsSource) {
  return {
    ...tls.current,
    minVersion: 'TLSv1.2',
    // A session resumed by a ticket would bring back a judgement from before a certificate was revoked.
    ...(tls.asksClients && { secureOptions: constants.SSL_OP_NO_TICKET }),
    requestCert: tls.asksClients,
    rejectUnauthorized: false,
  } as const;
}

function listening(server: Server, { host, port }: Address, onClose: () => void): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      onClose();
      reject(error);
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () => {
          onClose();
          return new Promise((done) => server.close(() => done()));
        },
      });
    });
  });
}
