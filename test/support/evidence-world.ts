import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pino from 'pino';
import sharp from 'sharp';
import type { Exhibit, Finding } from '../../src/domain/finding.ts';
import type { FrameRef } from '../../src/domain/observation.ts';
import { EvidenceStore } from '../../src/evidence/evidence-store.ts';
import { DAY_MS, type IncidentWorld, incidentWorld } from './incident-world.ts';

/** A street of plain colours: a picture whose pixels a test can look at. */
export function streetJpeg(width: number, height: number): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="#9db6c9"/><rect y="45%" width="100%" height="55%" fill="#6d6f72"/>
<rect x="35%" y="55%" width="18%" height="20%" fill="#3f4a2f"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
}

export function frameRef(path: string, jpeg: Uint8Array): FrameRef {
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  return { path, sha256, width_px: 640, height_px: 360 };
}

export function snapshot(frame: FrameRef, at_ms = DAY_MS): Exhibit {
  return {
    kind: 'snapshot',
    deviceId: 'cam-1',
    at_ms,
    frame,
    detections: [{ class: 'garbage', label: 'garbage', score: 0.87, box: [0.35, 0.55, 0.53, 0.75] }],
    zone: [
      [0.1, 0.5],
      [0.9, 0.5],
      [0.95, 0.95],
      [0.05, 0.95],
    ],
  };
}

export function findingWith(...exhibits: Exhibit[]): Finding {
  return {
    action: 'open',
    rule: { id: 'exposed-garbage', version: '1' },
    type: 'exposed-garbage',
    key: 'cam-1/kerb-3',
    onset_ms: DAY_MS,
    at_ms: DAY_MS,
    lastSeen_ms: DAY_MS,
    severity: 2,
    confidence: 0.9,
    place: { lon: 121.47, lat: 31.23, zoneId: 'kerb-3' },
    sources: [],
    missing: [],
    measures: {},
    exhibits,
  };
}

export interface EvidenceWorld extends IncidentWorld {
  readonly root: string;
  readonly store: EvidenceStore;
  /** What the spool holds, by path. */
  readonly frames: Map<string, Buffer>;
  /** Log lines at warning level and above. */
  readonly lines: { readonly msg: string }[];
  /** Another store on the same database and folder, as after a restart. */
  readonly reopen: (quota_bytes?: number) => EvidenceStore;
}

export function evidenceWorld(quota_bytes = 1e9): EvidenceWorld {
  const world = incidentWorld();
  const root = join(world.dir, 'evidence');
  const frames = new Map<string, Buffer>();
  const lines: { msg: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const reopen = (quota = quota_bytes): EvidenceStore =>
    new EvidenceStore({
      db: world.db,
      root,
      quota_bytes: quota,
      readFrame: async (ref) => frames.get(ref.path),
      timeZone: 'Asia/Shanghai',
      clock: () => world.clock.now_ms,
      log,
    });
  return { ...world, root, frames, lines, reopen, store: reopen() };
}
