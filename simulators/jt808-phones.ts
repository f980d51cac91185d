/**
 * The phone number of a simulated truck's terminal, the same for the terminal and for a gateway's configuration: 139 and
 * the digits at the end of its id, or 138 and eight digits that follow from the id.
 */
export function phoneOf(deviceId: string): string {
  const digits = /\d{1,8}$/.exec(deviceId)?.[0];
  if (digits !== undefined) return `139${digits.padStart(8, '0')}`;
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(deviceId)) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  return `138${String(hash % 100_000_000).padStart(8, '0')}`;
}
