// Compares model.onnx in ONNX Runtime with the numbers PyTorch gave for golden.jpg, and times it on one thread.
// node models/training/check.mjs models/garbage/model.onnx models/training/runs/garbage/reference.json
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , modelPath, referencePath] = process.argv;
const { size, pixels, output } = JSON.parse(readFileSync(referencePath, 'utf8'));
const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const feeds = { images: new Tensor('float32', Float32Array.from(pixels), [1, 3, size[1], size[0]]) };
const { output: result } = await session.run(feeds);
// Rows of a graph that sorts them itself (x1, y1, x2, y2, score, class) swap places where scores are next to equal: the worst few tell nothing.
const sure = result.dims.at(-1) === 6 ? output.filter((_, i) => i % 6 === 4 && output[i] > 0.05).length * 6 : output.length;
let worst = 0;
for (let i = 0; i < sure; i += 1) worst = Math.max(worst, Math.abs(result.data[i] - output[i]));
const times = [];
for (let i = 0; i < 60; i += 1) {
  const start = performance.now();
  await session.run(feeds);
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(`dims ${result.dims}, largest difference ${worst.toExponential(2)}, median ${times[30].toFixed(1)} ms, fastest ${times[0].toFixed(1)} ms`);
if (result.data.length !== output.length || worst > 1e-3) process.exit(1);
