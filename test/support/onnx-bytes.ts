/**
 * Writes tiny ONNX models (onnx.proto3, protocol buffers) without Python: one convolution that looks at each
 * `stride`-th pixel, with weights of nought, so that the output is its bias whatever the picture.
 */
export function constantModel(shape: {
  readonly input: string;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  /** A plane of the output each. */
  readonly values: readonly number[];
}): Buffer {
  const { input, width, height, stride, values } = shape;
  const node = message(
    ...[text(1, input), text(1, 'weights'), text(1, 'bias'), text(2, 'output'), text(4, 'Conv')],
    bytes(5, message(text(1, 'strides'), number(8, stride), number(8, stride), number(20, ATTRIBUTE_INTS))),
  );
  const graph = message(
    ...[bytes(1, node), text(2, 'constant')],
    bytes(5, tensor('weights', [values.length, 3, 1, 1], new Float32Array(values.length * 3))),
    bytes(5, tensor('bias', [values.length], Float32Array.from(values))),
    bytes(11, valueInfo(input, [1, 3, height, width])),
    bytes(12, valueInfo('output', [1, values.length, height / stride, width / stride])),
  );
  return message(number(1, IR_VERSION), bytes(7, graph), bytes(8, message(number(2, OPSET))));
}

const IR_VERSION = 8;
const OPSET = 13;
const ATTRIBUTE_INTS = 7;
const FLOAT = 1;

function tensor(name: string, dims: readonly number[], data: Float32Array): Buffer {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return message(...dims.map((dim) => number(1, dim)), number(2, FLOAT), text(8, name), bytes(9, raw));
}

function valueInfo(name: string, dims: readonly number[]): Buffer {
  const shape = message(...dims.map((dim) => bytes(1, message(number(1, dim)))));
  return message(text(1, name), bytes(2, message(bytes(1, message(number(1, FLOAT), bytes(2, shape))))));
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}
