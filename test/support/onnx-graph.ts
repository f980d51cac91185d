/** What a graph of the test's own gives for a white picture: fixed values; for a darker one, so much less. */
export interface GraphOutput {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly type?: 'float32' | 'int32' | 'int64';
}

const FLOAT = 1;
const ELEMENT = { float32: FLOAT, int32: 6, int64: 7 } as const;

/**
 * Bytes of an ONNX model of one input `images`, 1x3xHxW, each of whose outputs is its values times the input's mean:
 * what it gives is known by construction, and what it was fed shows.
 */
export function onnxGraph(
  size: { readonly width: number; readonly height: number },
  outputs: readonly GraphOutput[],
): Uint8Array {
  const mean = node('ReduceMean', ['images'], ['mean'], { keepdims: 0 });
  const nodes = outputs.flatMap(({ name, type = 'float32' }) => [
    node('Mul', [`${name}_values`, 'mean'], [`${name}_float`]),
    node('Cast', [`${name}_float`], [name], { to: ELEMENT[type] }),
  ]);
  const graph = [
    ...[mean, ...nodes].map((one) => bytes(1, one)),
    text(2, 'test'),
    ...outputs.map(({ name, dims, values }) => bytes(5, tensor(`${name}_values`, dims, values))),
    bytes(11, valueInfo('images', [1, 3, size.height, size.width], FLOAT)),
    ...outputs.map(({ name, dims, type = 'float32' }) => bytes(12, valueInfo(name, dims, ELEMENT[type]))),
  ];
  // ModelProto: ir_version, graph, opset_import { version }.
  return join([whole(1, 8), bytes(7, join(graph)), bytes(8, whole(2, 13))]);
}

function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number>> = {},
): Uint8Array {
  // AttributeProto: name, i, type INT.
  const given = Object.entries(attributes).map(([name, value]) =>
    bytes(5, join([text(1, name), whole(3, value), whole(20, 2)])),
  );
  return join([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...given,
  ]);
}

function tensor(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return join([...dims.map((dim) => whole(1, dim)), whole(2, FLOAT), text(8, name), bytes(9, data)]);
}

function valueInfo(name: string, dims: readonly number[], element: number): Uint8Array {
  const shape = join(dims.map((dim) => bytes(1, whole(1, dim))));
  const type = bytes(1, join([whole(1, element), bytes(2, shape)]));
  return join([text(1, name), bytes(2, type)]);
}

/** A field of a protocol buffer: its number, and a whole number or bytes. */
function whole(field: number, value: number): Uint8Array {
  return join([varint(field << 3), varint(value)]);
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return join([varint((field << 3) | 2), varint(value.length), value]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function varint(value: number): Uint8Array {
  const given: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) given.push((rest % 128) | 128);
  return Uint8Array.from([...given, rest]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
