import type { EvidenceItem } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import { sha256Hex } from './chain.ts';

/** A thing of the incident's own in its picture. */
export interface EvidenceBox {
  readonly class: string;
  readonly box: readonly [number, number, number, number];
}

/** What is chained for an item of evidence. Times are ISO 8601 in UTC, `file` is relative to the root. */
export interface EvidenceRecord {
  readonly kind: 'snapshot' | 'clip' | 'track' | 'series';
  readonly id: string;
  readonly incidentId: string;
  readonly role?: 'annotated' | 'raw' | 'plate-region' | undefined;
  /** Event time of what it shows. */
  readonly at: string;
  /** Of a clip, its end. */
  readonly to?: string | undefined;
  /** When this gateway took it into evidence. */
  readonly capturedAt: string;
  readonly deviceId: string;
  readonly mediaType: string;
  readonly file: string;
  readonly sha256: string;
  readonly size_bytes: number;
  readonly rule: { readonly id: string; readonly version: string };
  readonly model?: { readonly id: string; readonly sha256: string } | undefined;
  /** Of a snapshot: the boxes that made the incident, as shares of the frame. */
  readonly boxes?: readonly EvidenceBox[] | undefined;
  /** The frame that a snapshot came from; `mismatch` where its bytes no longer had the hash of their arrival. */
  readonly frame?:
    | {
        readonly path: string;
        readonly sha256: string;
        readonly mismatch?: true | undefined;
        /** SHA-256 of the picture as the camera sent it, where the snapshot was decoded from that. */
        readonly key_sha256?: string | undefined;
      }
    | undefined;
}

/** What is chained when an item is deleted to make room, so that its absence stays explained. */
interface TombstoneRecord {
  readonly kind: 'tombstone';
  readonly id: string;
  readonly incidentId: string;
  /** The item that was deleted, and the hash that it had. */
  readonly of: string;
  readonly sha256: string;
  readonly deletedAt: string;
  readonly reason: string;
}

export type ChainRecord = EvidenceRecord | TombstoneRecord;

/** Ids of incidents and evidence become names of folders and files: no dot, no slash, nothing empty. */
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,159}$/;

/** True for an id that may name a file or folder. */
export function isSafeName(name: string): boolean {
  return SAFE_NAME.test(name);
}

/** What tells one item of evidence from every other. */
export interface EvidenceIdentity {
  readonly incidentId: string;
  readonly kind: EvidenceRecord['kind'];
  readonly role?: EvidenceRecord['role'];
  readonly deviceId: string;
  readonly at_ms: number;
  /** Where kind, device and time are not enough: a metric, a frame's hash. */
  readonly detail?: string;
}

/** An id that follows from what the item is, so that capturing again after a crash gives the same one. */
export function evidenceId(identity: EvidenceIdentity): string {
  const { incidentId, kind, role, deviceId, at_ms, detail } = identity;
  const at = isoTime(at_ms).replaceAll(/[-:.]/g, '');
  const digest = sha256Hex([incidentId, kind, role ?? '', deviceId, at_ms, detail ?? ''].join('\n'));
  return [kind, ...(role === undefined ? [] : [role]), at, digest.slice(0, 12)].join('-');
}

/** The id of the tombstone of an item. */
export function tombstoneId(id: string): string {
  return `deleted-${id}`;
}

/** The item as an incident lists it. */
export function toEvidenceItem(record: EvidenceRecord): EvidenceItem {
  const { id, incidentId, kind, at, to, sha256, mediaType, role } = record;
  const href = `/api/v1/incidents/${incidentId}/evidence/${id}`;
  const more = { ...(to === undefined ? {} : { to }), ...(role === undefined ? {} : { role }) };
  return { id, kind, at, href, sha256, mediaType, ...more };
}
