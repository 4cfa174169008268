/** The engines in Node, one precision after another so that only its models are in memory. */
import { checkFloat32 } from "./agreement.ts";
import { startEngine } from "./engine-process.ts";
import { takeTurns, type Contestant, type Sample } from "./measure.ts";
import { positions, type Models, type Prepared } from "./models/prepare.ts";
import type { Options } from "./options.ts";
import { promptOf, tokensFor, warmUp, type EngineName, type Precision, type Run, type Workload } from "./workload.ts";

const modelOf: Readonly<Record<EngineName, (models: Models) => string>> = {
  ropewalk: ({ ropewalk }) => ropewalk,
  "transformers.js": ({ transformersJs }) => transformersJs,
  "node-llama-cpp": ({ nodeLlamaCpp }) => nodeLlamaCpp,
};

/** Runs llama.cpp with weights and cache in float32, which nobody uses it with, for the tokens alone. */
const exactLlama = async (model: string, threads: number, workload: Workload): Promise<Run> => {
  const engine = await startEngine("node-llama-cpp", { model, threads });
  const { run } = await engine.run(workload);
  await engine.stop();
  return run;
};

const compareFloat32 = async (
  { float32Gguf }: Prepared,
  { threads }: Options,
  samples: readonly Sample[],
  workload: Workload,
): Promise<void> => {
  const runs = new Map<EngineName, Run>();
  for (const { engine, runs: own } of samples)
    runs.set(engine, engine === "node-llama-cpp" ? await exactLlama(float32Gguf, threads, workload) : own[0]!);
  checkFloat32(workload.ids.length, runs);
};

const measurePrecision = async (
  prepared: Prepared,
  options: Options,
  precision: Precision,
): Promise<readonly Sample[]> => {
  const { contexts, threads, rounds, steps } = options;
  const loaded: Contestant[] = [];
  const samples: Sample[] = [];
  try {
    for (const name of options.engines) {
      const engine = await startEngine(name, { model: modelOf[name](prepared.byPrecision[precision]), threads });
      loaded.push(engine);
      await engine.run(warmUp(prepared.vocabSize));
    }
    for (const context of contexts) {
      const workload = { ids: promptOf(context, prepared.vocabSize), newTokens: tokensFor(steps) };
      // The others' files have positions for so many tokens.
      const able = loaded.filter(({ name }) => name === "ropewalk" || context + tokensFor(steps) <= positions);
      const found = await takeTurns(able, { place: "cpu", precision, context }, workload, { rounds });
      if (precision === "float32") await compareFloat32(prepared, options, found, workload);
      samples.push(...found);
    }
  } finally {
    await Promise.all(loaded.map(({ stop }) => stop()));
  }
  return samples;
};

/** @throws Error when an engine fails, or two give other tokens at float32 */
export const measureOnCpu = async (prepared: Prepared, options: Options): Promise<readonly Sample[]> => {
  const samples: Sample[] = [];
  for (const precision of options.precisions) samples.push(...(await measurePrecision(prepared, options, precision)));
  return samples;
};
