// Runs an ONNX detector of the YOLOX layout over raw pictures from standard input and writes its raw output, float32, to
// standard output. The input is BGR 0-255 (as the public COCO models want it), one picture after another, width x height x 3 bytes.
// node teacher.mjs model.onnx 416 416
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , modelPath, widthText, heightText] = process.argv;
const [width, height] = [Number(widthText), Number(heightText)];
const plane = width * height;
const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const pixels = new Float32Array(3 * plane);

async function look(bytes) {
  for (let i = 0; i < plane; i += 1) for (let c = 0; c < 3; c += 1) pixels[c * plane + i] = bytes[3 * i + c];
  const result = await session.run({ [session.inputNames[0]]: new Tensor('float32', pixels, [1, 3, height, width]) });
  const { data } = result[session.outputNames[0]];
  process.stdout.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice());
}

let rest = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 3 * plane) {
    await look(rest.subarray(0, 3 * plane));
    rest = rest.subarray(3 * plane);
  }
}
