/** The engines in Node, one precision after another so that only its models are in memory. */
import { checkFloat32 } from "./agreement.ts";
import { startEngine } from "./engine-process.ts";
import { takeTurns, type Contestant, type Sample } from "./measure.ts";
import { entrantsFor, type Entrant } from "./entrant.ts";
import { modelOf, positions, type Prepared } from "./models/prepare.ts";
import type { Options } from "./options.ts";
import { renderRatios } from "./report.ts";
import { promptOf, tokensFor, warmUp, type Precision, type Run, type Workload } from "./workload.ts";

/** Runs llama.cpp with weights and cache in float32, which nobody uses it with, for the tokens alone. */
const exactLlama = async (entrant: Entrant, model: string, threads: number, workload: Workload): Promise<Run> => {
  const engine = await startEngine(entrant, { model, threads });
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
  const runs = new Map<string, Run>();
  for (const sample of samples)
    runs.set(
      sample.name,
      sample.engine === "node-llama-cpp" ? await exactLlama(sample, float32Gguf, threads, workload) : sample.runs[0]!,
    );
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
    for (const entrant of entrantsFor(precision, options)) {
      const model = modelOf(entrant.engine, prepared.byPrecision[precision]);
      const engine = await startEngine(entrant, { model, threads });
      loaded.push(engine);
      await engine.run(warmUp(prepared.vocabSize));
    }
    for (const context of contexts) {
      const workload = { ids: promptOf(context, prepared.vocabSize), newTokens: tokensFor(steps) };
      // The others' files have positions for so many tokens.
      const able = loaded.filter(
        ({ entrant }) => entrant.engine === "ropewalk" || context + tokensFor(steps) <= positions,
      );
      const found = await takeTurns(able, { place: "cpu", precision, context }, workload, { rounds });
      // Said at once: what is measured behind it takes long, and may be stopped.
      console.error(renderRatios(found));
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
