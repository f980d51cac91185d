import { createReadStream } from 'node:fs';
import { constants, createGunzip } from 'node:zlib';
import type { Observation } from '../domain/observation.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { parseObservation } from './observation-schema.ts';
import { RecordingError, recordingPath } from './recording-files.ts';

/** A line longer than this is no observation of ours. */
const LINE_CHARS_MAX = 1024 * 1024;
/** Compressed bytes unpacked at once: gzip makes at most some thousand times as much of them. */
const PIECE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** An observation with the text that it was read from. */
export interface RecordedObservation {
  readonly observation: Observation;
  readonly text: string;
}

/**
 * Reads the observations of a recording in their order, as batches of what was unpacked at once. What an
 * interrupted recording has cut off at its end is left out, and `onNote` told so; anything else that is not an
 * observation throws {@link RecordingError} with file and line.
 */
export async function* readObservations(
  dir: string,
  manifest: RecordingManifest,
  onNote: (note: string) => void = () => undefined,
): AsyncGenerator<RecordedObservation[]> {
  const file = recordingPath(dir, manifest.observations.file);
  const lines = new LineSplitter(file);
  let number = 0;
  let fault: string | undefined;
  for await (const piece of unpack(file)) {
    if (typeof piece === 'string') {
      fault = piece;
      break;
    }
    const batch: RecordedObservation[] = [];
    for (const text of lines.push(piece)) {
      number += 1;
      const observation = parseObservation(text);
      if (typeof observation === 'string') throw new RecordingError(`${file}:${number}: ${observation}`);
      batch.push({ observation, text });
    }
    if (batch.length > 0) yield batch;
  }
  const rest = lines.rest.trim() === '' ? '' : 'its last line is cut off';
  const expected = manifest.observations.count;
  if (manifest.complete && fault !== undefined) throw new RecordingError(`${file}:${number + 1}: ${fault}`);
  if (manifest.complete && number !== expected) {
    throw new RecordingError(`${file}: ${number} observations, but the manifest says ${expected}`);
  }
  const note = fault ?? rest;
  if (note !== '') onNote(`${file}: ${note}; ${number} observations before it are used`);
}

/** Cuts text into lines, however its bytes are chunked. */
class LineSplitter {
  readonly #file: string;
  #held: Buffer = Buffer.alloc(0);
  #lines = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** What came after the last line's end. */
  get rest(): string {
    return this.#held.toString('utf8');
  }

  push(chunk: Buffer): string[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, from);
      if (end < 0) break;
      this.#check(end - from);
      lines.push(bytes.toString('utf8', from, end));
      this.#lines += 1;
      from = end + 1;
    }
    this.#held = bytes.subarray(from);
    this.#check(this.#held.length);
    return lines;
  }

  #check(length: number): void {
    if (length <= LINE_CHARS_MAX) return;
    throw new RecordingError(`${this.#file}:${this.#lines + 1}: a line of more than ${LINE_CHARS_MAX} bytes`);
  }
}

/**
 * Unpacked bytes piece by piece, one ahead; a string, the last one, says in words why it ends before its end. The
 * pieces are the same in every reading, which Node's own stream does not promise before a fault.
 */
async function* unpack(file: string): AsyncGenerator<Buffer | string> {
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 256 * 1024 });
  const packed = createReadStream(file, { highWaterMark: PIECE_BYTES });
  const pieces = packed[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let unpacked: Buffer[] = [];
  let fault: string | undefined;
  gunzip.on('data', (chunk: Buffer) => unpacked.push(chunk));
  gunzip.on('error', (error) => {
    fault = `damaged (${error.message})`;
  });
  const next = async (): Promise<Buffer | undefined> => {
    const piece = fault === undefined ? await pieces.next() : { done: true as const, value: undefined };
    if (piece.done === true) return undefined;
    await new Promise<void>((resolve) => {
      gunzip.once('close', resolve);
      gunzip.write(piece.value, () => {
        gunzip.off('close', resolve);
        resolve();
      });
    });
    const bytes = unpacked.length === 1 ? unpacked[0] : Buffer.concat(unpacked);
    unpacked = [];
    return bytes;
  };
  let ahead = next();
  try {
    for (;;) {
      const bytes = await ahead;
      if (bytes === undefined) break;
      ahead = next();
      // Whoever stops reading here asks no more what became of it.
      ahead.catch(() => undefined);
      if (bytes.length > 0) yield bytes;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RecordingError(`${file}: ${code === 'ENOENT' ? 'no such file' : message}`);
  } finally {
    await ahead.catch(() => undefined);
    gunzip.destroy();
    packed.destroy();
  }
  if (fault !== undefined) yield fault;
}
