/**
 * The most memory that each engine has resident over one run, in a process that does nothing else; and of Ropewalk what
 * `ropewalk inspect` states for it, weights and key-value cache.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { extendDecoder } from "@ropewalk/decoder";
import { needCheckpoint, openModel, plannedCacheBytes } from "@ropewalk/generation";
import { storedBytes } from "@ropewalk/models";
import { startEngine } from "./engine-process.ts";
import { entrantsFor, type Entrant } from "./entrant.ts";
import { modelOf, type Prepared } from "./models/prepare.ts";
import type { Options } from "./options.ts";
import { promptOf, tokensFor, type Precision } from "./workload.ts";

/** Tokens of the prompt. */
export const memoryContext = 8192;

export type MemorySample = Entrant & {
  readonly precision: Precision;
  readonly context: number;
  readonly peakBytes: number;
  /** Of Ropewalk: weights and key-value bytes, as `inspect` states them. */
  readonly statedBytes?: number;
};

/** What of it is Node. */
export const nodeBytes = async (): Promise<number> => {
  const script = fileURLToPath(new URL("node-memory.ts", import.meta.url));
  return JSON.parse((await promisify(execFile)(process.execPath, [script])).stdout) as number;
};

const stated = async (model: string, cache: Entrant["cache"]): Promise<number> => {
  const checkpoint = needCheckpoint("peak memory", (await openModel(model)).source);
  const weights = Object.values(storedBytes(checkpoint)).reduce((sum, bytes) => sum + bytes, 0);
  return weights + plannedCacheBytes(extendDecoder(checkpoint.decoder, {}, { cache }), { length: memoryContext });
};

const measureEntrant = async (
  prepared: Prepared,
  { threads, steps }: Options,
  precision: Precision,
  entrant: Entrant,
): Promise<MemorySample> => {
  const model = modelOf(entrant.engine, prepared.byPrecision[precision]);
  const engine = await startEngine(entrant, { model, threads });
  const { peakBytes } = await engine.run({
    ids: promptOf(memoryContext, prepared.vocabSize),
    newTokens: tokensFor(steps),
  });
  await engine.stop();
  console.error(
    `peak memory, ${precision}, ${memoryContext} tokens: ${entrant.name}: ${(peakBytes! / 1e6).toFixed(0)} MB`,
  );
  return {
    ...entrant,
    precision,
    context: memoryContext,
    peakBytes: peakBytes!,
    ...(entrant.engine === "ropewalk" ? { statedBytes: await stated(model, entrant.cache) } : {}),
  };
};

/** Of every engine and precision that is asked for. @throws Error when an engine fails */
export const measureMemory = async (prepared: Prepared, options: Options): Promise<readonly MemorySample[]> => {
  const samples: MemorySample[] = [];
  for (const precision of options.precisions)
    for (const entrant of entrantsFor(precision, options))
      samples.push(await measureEntrant(prepared, options, precision, entrant));
  return samples;
};
