import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Head, type HeadOutput, ModelOutputError } from './heads/head.ts';

/** Names of a graph's outputs in the order in which a head reads them. */
export type OutputBinding =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly fault: string };

/** Finds the outputs that a head reads among those of a first run. A graph may have more. */
export function bindOutputs(
  head: Head,
  results: InferenceSession.OnnxValueMapType,
  order: readonly string[],
): OutputBinding {
  const free = order.filter((name) => results[name] !== undefined);
  const names: string[] = [];
  for (const wanted of head.outputs) {
    const name = free.find((one) => fits(wanted, one, (results[one] as Tensor).dims));
    if (name === undefined) return { ok: false, fault: faultOf(wanted, results, order) };
    free.splice(free.indexOf(name), 1);
    names.push(name);
  }
  return { ok: true, names };
}

/** The values of a run, in the order of `names`. Throws {@link ModelOutputError} for what is no number. */
export function outputValues(
  results: InferenceSession.OnnxValueMapType,
  names: readonly string[],
): Float32Array[] {
  return names.map((name) => {
    const output = results[name] as Tensor | undefined;
    const data = output?.data;
    if (data instanceof Float32Array) return data;
    // Classes and counts of graphs that suppress by themselves.
    if (data instanceof Int32Array) return Float32Array.from(data);
    if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
    throw new ModelOutputError(`the output ${name} is ${output?.type ?? 'missing'}, expected float32`);
  });
}

function fits({ name, dims }: HeadOutput, given: string, size: readonly number[]): boolean {
  if (name !== undefined && name !== given) return false;
  if (dims === undefined) return true;
  return dims.length === size.length && dims.every((wanted, index) => wanted < 0 || wanted === size[index]);
}

function faultOf(
  wanted: HeadOutput,
  results: InferenceSession.OnnxValueMapType,
  order: readonly string[],
): string {
  const sizes = order.map((name) => (results[name] as Tensor | undefined)?.dims ?? []);
  const named = wanted.name === undefined ? '' : ` ${wanted.name}`;
  const given = order.map((name, index) => `${sizes.length > 1 ? `${name} ` : ''}${text(sizes[index])}`);
  const expected = `${named} ${text(wanted.dims)}`.trim();
  return `the output is ${given.join(', ')}, the head of this manifest reads ${expected}`;
}

/** Sizes as people write them: 1x84x8400, `?` for any. */
function text(dims: readonly number[] | undefined): string {
  return (dims ?? ['?']).map((size) => (typeof size === 'number' && size >= 0 ? size : '?')).join('x');
}
