const PASSWORD = /(\b(?:New)?PW=)([^;,&\r\n]*)/gi;

/** The bytes of a frame (whole or not) with stars for its passwords, as long as they were. Its CRC then fits no more. */
export function maskPasswords(bytes: Uint8Array): Uint8Array {
  // Latin-1 has a character for each byte, so nothing else changes.
  const text = Buffer.from(bytes).toString('latin1');
  const masked = text.replace(
    PASSWORD,
    (_all, name: string, value: string) => name + '*'.repeat(value.length),
  );
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}
