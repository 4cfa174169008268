/** One training run in a process of its own: a few steps of an adapter beside weights in 4 bits. The peak memory is printed as a line of
 * JSON. */
import { cpu } from "@ropewalk/backend-node";
import { train } from "@ropewalk/finetune";
import { loadModel } from "@ropewalk/generation";
import { peakBytes } from "../measuring/peak-memory.ts";

const [folder, seqLen, checkpointing] = process.argv.slice(2) as [string, string, "kept" | "anew"];
const model = await loadModel(folder, { backend: cpu({ threads: 2 }), quantize: "q4" });
const { vocabSize } = model.extended.decoder;
const loaded = peakBytes();
const row = (seed: number): { readonly ids: readonly number[] } => ({
  ids: Array.from({ length: Number(seqLen) }, (_, at) => 3 + (((at + seed) * 7919) % (vocabSize - 3))),
});
const begun = performance.now();
const { losses } = await train({
  model,
  data: [row(0), row(1)],
  seqLen: Number(seqLen),
  steps: 2,
  batchSize: 1,
  learningRate: 1e-3,
  lora: { rank: 8 },
  gradientCheckpointing: checkpointing === "anew",
});
const seconds = (performance.now() - begun) / 1000 / losses.length;
await model.release();
process.stdout.write(`${JSON.stringify({ loaded, peakBytes: peakBytes(), seconds, losses })}\n`);
