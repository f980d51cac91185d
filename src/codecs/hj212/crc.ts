/**
 * CRC of a data segment (HJ 212-2017, annex A). Its constants are those of Modbus, its step is not: the low byte
 * of the register is thrown away before each byte, so a Modbus routine gives another number.
 */
export function hj212Crc(segment: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of segment) {
    crc = (crc >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** The CRC as a frame carries it: four hexadecimal digits, high byte first. */
export function crcText(crc: number): string {
  return crc.toString(16).toUpperCase().padStart(4, '0');
}
