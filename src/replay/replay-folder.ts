import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordingError } from '../recording/recording-files.ts';

/** Where a replay keeps journal, incidents and evidence. */
export interface ReplayFolder {
  readonly dir: string;
  /** Whether somebody may look at it afterwards. */
  readonly kept: boolean;
  readonly remove: () => void;
}

/** The given folder, which must be new or empty, or one that goes with the replay. */
export function replayFolder(given: string | undefined): ReplayFolder {
  if (given !== undefined) {
    if (existsSync(given) && readdirSync(given).length > 0) {
      throw new RecordingError(`${given}: not empty; a replay wants a folder of its own`);
    }
    return { dir: given, kept: true, remove: () => undefined };
  }
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-replay-'));
  return { dir, kept: false, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}
