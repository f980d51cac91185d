import fc from 'fast-check';

/** Bytes with some of them changed, taken away, doubled, or their end cut off. */
export function mutated(seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('set', 'set', 'flip', 'drop', 'double', 'cut'),
    value: fc.integer({ min: 0, max: 255 }),
  });
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([seed, changes]) => {
      let bytes: Buffer = Buffer.from(seed);
      for (const { at, kind, value } of changes) {
        const index = Math.floor(at * bytes.length);
        const byte = bytes[index] ?? 0;
        if (kind === 'set') bytes = replaced(bytes, index, 1, [value]);
        else if (kind === 'flip') bytes = replaced(bytes, index, 1, [byte ^ (1 << (value & 7))]);
        else if (kind === 'drop') bytes = replaced(bytes, index, 1 + (value & 3), []);
        else if (kind === 'double') bytes = replaced(bytes, index, 1, [byte, byte]);
        else bytes = bytes.subarray(0, Math.max(1, index));
      }
      return bytes;
    });
}

function replaced(bytes: Buffer, at: number, count: number, by: readonly number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(by), bytes.subarray(at + count)]);
}
