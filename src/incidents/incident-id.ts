import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_BYTES = 10;

/**
 * The id of an incident: `inc_` and 16 letters of base32, from 80 bits of a hash of rule, subject or place, and
 * onset. The same finding always has the same id.
 */
export function incidentId(ruleId: string, key: string, onset_ms: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([ruleId, key, onset_ms]))
    .digest();
  return `inc_${base32(hash.subarray(0, ID_BYTES))}`;
}

function base32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31] ?? '';
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
