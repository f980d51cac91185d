import { existsSync, readdirSync } from 'node:fs';
import type { Finding } from '../domain/finding.ts';
import type { EvidenceItem } from '../domain/incident.ts';
import type { FrameRef } from '../domain/observation.ts';
import { isoTime } from '../domain/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../store/database.ts';
import { sha256Hex } from './chain.ts';
import { type ClipExhibit, keepClip } from './clip-evidence.ts';
import { evidencePath, fileSize, writeFileDurably, writeFileQuickly } from './evidence-file.ts';
import { EvidenceLedger } from './evidence-ledger.ts';
import { isUpdateDue } from './evidence-pace.ts';
import {
  type EvidenceBox,
  type EvidenceRecord,
  evidenceId,
  isSafeName,
  toEvidenceItem,
} from './evidence-record.ts';
import { type SweepResult, sweepEvidence } from './evidence-retention.ts';
import { exhibitPieces, type Piece } from './exhibit-pieces.ts';

/** Exhibits kept of one finding; a rule that offers more is told so in the log. */
const EXHIBITS_MAX = 20;

/** What the evidence store needs. */
export interface EvidenceStoreParts {
  readonly db: Database;
  /** Folder of the evidence files. */
  readonly root: string;
  readonly quota_bytes: number;
  /** A frame's bytes as they were spooled; undefined where the spool has dropped it. */
  readonly readFrame: (ref: FrameRef) => Promise<Buffer | undefined>;
  /** The same picture as JPEG in the size that the camera sent; undefined where that is not at hand. */
  readonly fullPicture?: (ref: FrameRef, cameraId: string) => Promise<Buffer | undefined>;
  /** IANA name of the city's time zone, for captions. */
  readonly timeZone: string;
  readonly clock: Clock;
  readonly log: Log;
  /** False where it can be made again and nobody waits for the disk: in a replay. */
  readonly durable?: boolean;
}

/** Evidence could not be written (disk full, folder not writable); nothing refers to it. Worth a retry. */
export class EvidenceWriteError extends Error {}

/** A file of evidence, ready to be sent. */
export interface OpenEvidence {
  readonly path: string;
  readonly mediaType: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** A picture and what it was drawn over: the same file twice where nothing was. */
export interface EvidencePicture {
  readonly path: string;
  readonly raw: string;
  readonly deviceId: string;
  readonly at_ms: number;
  readonly boxes: readonly EvidenceBox[];
}

/** Keeps what proves an incident: files hashed when captured, and a chained record of each in the ledger. */
export class EvidenceStore {
  readonly #parts: EvidenceStoreParts;
  readonly #ledger: EvidenceLedger;
  #swept = false;

  constructor(parts: EvidenceStoreParts) {
    this.#parts = parts;
    this.#ledger = new EvidenceLedger(parts.db);
  }

  /**
   * Keeps the exhibits of a finding, files first, records after. Capturing again, as after a crash, gives the
   * same items and no second record. What cannot be had any more (a frame that the spool dropped) is left out
   * with a line in the log, and updates of a long incident are kept at growing distances (EVIDENCE_PACE). Rejects with EvidenceWriteError where a file cannot be written.
   */
  async capture(incidentId: string, finding: Finding): Promise<EvidenceItem[]> {
    if (!isSafeName(incidentId)) throw new Error(`not an incident id: ${JSON.stringify(incidentId)}`);
    const { exhibits } = finding;
    if (exhibits.length > EXHIBITS_MAX) {
      this.#parts.log.warn(
        { incidentId, exhibits: exhibits.length, exhibits_max: EXHIBITS_MAX },
        'more exhibits than are kept',
      );
    }
    const items = new Map<string, EvidenceItem>();
    for (const exhibit of exhibits.slice(0, EXHIBITS_MAX)) {
      const pieces = exhibitPieces({ ...this.#parts, incidentId, finding }, exhibit);
      if (finding.action === 'update' && !this.#isWanted(incidentId, pieces)) continue;
      for (const piece of pieces) {
        const record = await this.#keep(incidentId, finding, piece);
        if (record !== undefined) items.set(record.id, toEvidenceItem(record));
      }
    }
    return [...items.values()];
  }

  /** Keeps a clip; see {@link keepClip}. */
  async captureClip(clip: ClipExhibit): Promise<EvidenceItem | undefined> {
    if (!isSafeName(clip.incidentId))
      throw new Error(`not an incident id: ${JSON.stringify(clip.incidentId)}`);
    return keepClip(this.#ledger, this.#parts.root, clip, this.#parts.clock());
  }

  /** Where an item's file lies; undefined for unknown ids, foreign incidents, deleted or vanished files. */
  open(incidentId: string, id: string): OpenEvidence | undefined {
    if (!isSafeName(incidentId) || !isSafeName(id)) return undefined;
    const record = this.#ledger.find(id);
    if (record === undefined || record.kind === 'tombstone' || record.incidentId !== incidentId)
      return undefined;
    const path = evidencePath(this.#parts.root, record.file);
    const size = path === undefined ? undefined : fileSize(path);
    if (path === undefined || size === undefined) return undefined;
    return { path, mediaType: record.mediaType, sha256: record.sha256, size };
  }

  /** A picture with the frame's own bytes, which it was drawn over, and the boxes that made its incident. */
  picture(incidentId: string, id: string): EvidencePicture | undefined {
    const record = this.#ledger.find(id);
    if (record === undefined || record.kind !== 'snapshot' || record.mediaType !== 'image/jpeg')
      return undefined;
    const { deviceId, at, frame, boxes = [] } = record;
    const at_ms = Date.parse(at);
    const detail = frame === undefined ? {} : { detail: frame.sha256 };
    const rawId = evidenceId({ incidentId, kind: 'snapshot', role: 'raw', deviceId, at_ms, ...detail });
    const shown = this.open(incidentId, id);
    const raw = this.open(incidentId, rawId);
    return shown && raw && { path: shown.path, raw: raw.path, deviceId, at_ms, boxes };
  }

  /** Items and bytes kept, the quota, and the newest link of the chain. */
  stats(): {
    readonly items: number;
    readonly bytes: number;
    readonly quota_bytes: number;
    readonly head: string;
  } {
    const { items, bytes } = this.#ledger.totals();
    return { items, bytes, quota_bytes: this.#parts.quota_bytes, head: this.#ledger.head() };
  }

  /**
   * Brings the files under the quota, evidence of the oldest incidents first and only where `isTerminal` says
   * that the incident's case is known and over. What no record names is never touched, so an empty or foreign
   * database deletes nothing.
   */
  async sweep(isTerminal: (incidentId: string) => boolean): Promise<SweepResult> {
    const { root, quota_bytes, clock, log } = this.#parts;
    const options = { ledger: this.#ledger, root, quota_bytes, isTerminal, now_ms: clock(), log };
    const result = await sweepEvidence({ ...options, finishEarlier: !this.#swept });
    this.#swept = true;
    return result;
  }

  /** Holds the files against the records, touching neither: after a recovery they may tell of each other. */
  reconcile(): { readonly filesWithoutRecord: number; readonly recordsWithoutFile: number } {
    const { root } = this.#parts;
    const missing = new Set(this.#ledger.liveFiles());
    let filesWithoutRecord = 0;
    const names = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
    for (const name of names) {
      const path = evidencePath(root, name);
      if (path === undefined || fileSize(path) === undefined) continue;
      if (!missing.delete(name)) filesWithoutRecord += 1;
    }
    return { filesWithoutRecord, recordsWithoutFile: missing.size };
  }

  /** What is kept already is wanted always, so that capturing again gives the same items. */
  #isWanted(incidentId: string, pieces: readonly Piece[]): boolean {
    return pieces.some(
      (piece) =>
        this.#ledger.find(evidenceId({ ...piece, incidentId })) !== undefined ||
        isUpdateDue(this.#ledger.span(incidentId, piece.kind, piece.deviceId), piece.at_ms),
    );
  }

  async #keep(incidentId: string, finding: Finding, piece: Piece): Promise<EvidenceRecord | undefined> {
    const { root, clock, log } = this.#parts;
    const { kind, role, deviceId, at_ms, mediaType } = piece;
    const id = evidenceId({ ...piece, incidentId });
    const known = this.#ledger.find(id);
    if (known?.kind === 'tombstone') throw new Error(`evidence id ${id} is that of a tombstone`);
    if (known !== undefined && this.#ledger.isDeleted(id)) return undefined;
    const file = known?.file ?? `${incidentId}/${id}.${piece.ending}`;
    const path = evidencePath(root, file);
    if (path === undefined) throw new Error(`evidence ${id} names a file outside its folder: ${file}`);
    if (known !== undefined && fileSize(path) === known.size_bytes) return known;
    const content = await piece.content();
    if (content === undefined) return known;
    const sha256 = sha256Hex(content.bytes);
    if (known !== undefined && known.sha256 !== sha256) {
      log.error({ incidentId, id }, 'evidence file is gone and cannot be made again as it was');
      return known;
    }
    await this.#write(path, content.bytes);
    const { rule, model } = finding;
    const frame = piece.frame && {
      path: piece.frame.path,
      sha256: piece.frame.sha256,
      mismatch: content.mismatch,
      ...(content.isFull === undefined ? {} : { key_sha256: piece.frame.key_sha256 }),
    };
    const { boxes } = piece;
    const about = { kind, id, incidentId, role, deviceId, mediaType, file, rule, model, frame, boxes };
    const times = { at: isoTime(at_ms), capturedAt: isoTime(clock()) };
    return this.#ledger.append({ ...about, ...times, sha256, size_bytes: content.bytes.byteLength });
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      if (this.#parts.durable === false) writeFileQuickly(path, bytes);
      else await writeFileDurably(path, bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EvidenceWriteError(`cannot write evidence ${path}: ${reason}`, { cause: error });
    }
  }
}
