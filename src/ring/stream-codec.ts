/** Stream types of a programme map (ISO/IEC 13818-1, table 2-34). */
const CODECS: Readonly<Record<number, 'h264' | 'h265'>> = { 27: 'h264', 36: 'h265' };
const PACKET_BYTES = 188;

/** The codec of a segment by the two tables that it begins with; undefined where it is another one. */
export function codecOf(head: Uint8Array): 'h264' | 'h265' | undefined {
  const section = PACKET_BYTES + 5 + (head[PACKET_BYTES + 4] ?? 0);
  const programme_info_bytes = (((head[section + 10] ?? 0) & 0x0f) << 8) | (head[section + 11] ?? 0);
  return CODECS[head[section + 12 + programme_info_bytes] ?? 0];
}
