/** One measured run in a process of its own: a model is loaded, reads a prompt and gives a few tokens. Seconds and peak memory are printed
 * as a line of JSON. */
import { cpu } from "@ropewalk/backend-node";
import { loadModel } from "@ropewalk/generation";
import type { Precision } from "@ropewalk/models";
import { peakBytes } from "../measuring/peak-memory.ts";

const [folder, quantize, promptTokens, newTokens] = process.argv.slice(2) as [
  string,
  Precision | "stored",
  string,
  string,
];
const model = await loadModel(folder, {
  backend: cpu({ threads: 2 }),
  ...(quantize === "stored" ? {} : { quantize }),
});
// performance.now() counts from the start of the process.
const started = performance.now() / 1000;
const { vocabSize } = model.extended.decoder;
const ids = Array.from({ length: Number(promptTokens) }, (_, index) => 3 + ((index * 7919) % (vocabSize - 3)));
const tokens: number[] = [];
const options = { maxNewTokens: Number(newTokens), stopTokens: [], beyondCapacity: "allow" } as const;
for await (const token of model.generateTokens(ids, options)) tokens.push(token);
await model.release();
process.stdout.write(
  `${JSON.stringify({ started, seconds: performance.now() / 1000, peakBytes: peakBytes(), tokens })}\n`,
);
