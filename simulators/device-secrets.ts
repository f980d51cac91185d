import { readFile, stat } from 'node:fs/promises';

import type { SimulatorLog } from './simulator-log.ts';

/** Reads a JSON object of device id → secret; throws an error that names the file, never a secret. */
export async function readDeviceSecrets(file: string, log: SimulatorLog): Promise<Map<string, string>> {
  let text: string;
  try {
    const { mode } = await stat(file);
    // Windows and mounted secrets show no such modes; there is nothing to warn of then.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      log.warn({ file }, 'others on this machine can read the device secrets; chmod 600 would prevent it');
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(
      `${file}: cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${file}: no JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${file}: must be a JSON object of device id and secret`);
  }
  const secrets = new Map<string, string>();
  for (const [id, secret] of Object.entries(value)) {
    if (typeof secret !== 'string' || secret === '')
      throw new Error(`${file}: the secret of ${id} is no text`);
    secrets.set(id, secret);
  }
  return secrets;
}
