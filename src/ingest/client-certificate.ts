import type { TLSSocket } from 'node:tls';
import { isDeviceId } from '../domain/device.ts';

/** A quoted value may hold what looks like a further entry (RFC 2253 style escapes of Node's own). */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** What a client showed of itself in the TLS handshake. */
export type ShownCertificate =
  | { readonly kind: 'none' }
  /** One that none of our authorities stands behind, or that has ended or was revoked. */
  | { readonly kind: 'bad'; readonly reason: string }
  /** Device ids that a good one names: its subject's CN, and the DNS names among its alternative names. */
  | { readonly kind: 'good'; readonly deviceIds: readonly string[] };

/** Reads the certificate of a client whose handshake is done. */
export function shownCertificate(socket: TLSSocket): ShownCertificate {
  const certificate = socket.getPeerCertificate();
  // Without a certificate Node gives an empty object.
  if (certificate?.subject === undefined) return { kind: 'none' };
  if (!socket.authorized) {
    const reason: unknown = socket.authorizationError;
    return { kind: 'bad', reason: reason instanceof Error ? reason.message : String(reason) };
  }
  return { kind: 'good', deviceIds: deviceIdsOf(certificate) };
}

/** Device ids among the names of a certificate, each once. */
export function deviceIdsOf(certificate: {
  readonly subject: { readonly CN?: string | string[] };
  readonly subjectaltname?: string | undefined;
}): string[] {
  const names = [certificate.subject.CN ?? []].flat();
  for (const entry of (certificate.subjectaltname ?? '').replace(QUOTED, '').split(', ')) {
    if (entry.startsWith('DNS:')) names.push(entry.slice('DNS:'.length));
  }
  return [...new Set(names.filter(isDeviceId))];
}
