import { type ParseArgsConfig, parseArgs } from 'node:util';

import type { PlayerStats } from './mqtt-player.ts';
import { createLineLog, type SimulatorLog } from './simulator-log.ts';

/** What a simulator gets of its process. */
export interface SimulateIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person wants it to stop. */
  readonly signal: AbortSignal;
}

/** 0 done, 1 failed, 2 wrong usage. */
export type SimulateExit = 0 | 1 | 2;

/** Wrong usage; the message is for the person. */
export class SimulateUsageError extends Error {
  override readonly name = 'SimulateUsageError';
}

/** util.parseArgs with our error. */
export function readOptions<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  positionalsMax: number,
) {
  let parsed: ReturnType<
    typeof parseArgs<{ args: string[]; options: O; allowPositionals: true; strict: true }>
  >;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new SimulateUsageError(error instanceof Error ? error.message : String(error));
  }
  const extra = parsed.positionals[positionalsMax];
  if (extra !== undefined) throw new SimulateUsageError(`unexpected argument: ${extra}`);
  return parsed;
}

/** A number option within its bounds. */
export function numberOption(
  name: string,
  text: string,
  bounds: { readonly min: number; readonly max: number; readonly integer?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const { min, max, integer = false } = bounds;
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    throw new SimulateUsageError(
      `--${name} takes ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}, not ${text}`,
    );
  }
  return value;
}

/** The option's number, or undefined where it was not given. */
export function optionalNumber(
  name: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly max: number; readonly integer?: boolean },
): number | undefined {
  return text === undefined ? undefined : numberOption(name, text, bounds);
}

/** A logger that writes to the error stream. */
export function cliLog(io: SimulateIo): SimulatorLog {
  return createLineLog((line) => io.err(line.trimEnd()));
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The option `--mqtt` as it is. Throws where it is no address of a broker. */
export function brokerUrl(text: string): string {
  if (!URL.canParse(text) || !['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(new URL(text).protocol)) {
    throw new SimulateUsageError('--mqtt takes a URL such as mqtt://127.0.0.1:1883');
  }
  return text;
}

/** Says what was sent; failed where the broker refused a device. */
export function tellPlayed(
  { devices, acknowledged, lost, refused }: PlayerStats,
  io: SimulateIo,
): SimulateExit {
  io.out(
    `${devices} devices, ${acknowledged} messages acknowledged, ${lost} dropped, ${refused} devices refused`,
  );
  return refused > 0 ? 1 : 0;
}
