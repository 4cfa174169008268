import { quantizeBlocks } from "../../../packages/models/src/quantize/blocks.ts";
const v = new Float32Array(2048 * 5632).map(() => (Math.random() + Math.random() + Math.random() - 1.5) * 0.02);
for (const bits of [4, 8] as const) {
  for (let i = 0; i < 3; i++) {
    const t = performance.now();
    quantizeBlocks({ bits, blockSize: 32 }, v, 2048);
    console.log(bits, (performance.now() - t).toFixed(0), "ms for", v.length);
  }
}
