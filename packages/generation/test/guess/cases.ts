/** Every way to attend, over a tiny random checkpoint, and what its runs give. */
import {
  dynamicNtk,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
} from "@ropewalk/context-extension";
import type { GenerateOptions, GenerationStats, LanguageModel, Sampling } from "../../src/index.ts";

export const layouts: Readonly<Record<string, ContextExtension>> = {
  plain: {},
  SelfExtend: selfExtend({ groupSize: 4, window: 20 }),
  "SelfExtend, a window shorter than a guess": selfExtend({ groupSize: 8, window: 5 }),
  "a sliding window": slidingWindow({ window: 18 }),
  "dual chunks": withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 12 }),
  sinks: withPositions({ kind: "sinks", sinks: 3, window: 20 }),
  STRING: withPositions({ kind: "string", shiftFrom: 30, window: 12 }),
  "dynamic NTK": dynamicNtk({ factor: 8, originalContext: 64 }),
};

export const greedy: Sampling = { kind: "greedy" };
export const drawn: Sampling = { kind: "sample", temperature: 0.7, topK: 20, topP: 0.95, seed: 11 };
/** Each pick looks at those before it. */
export const penalised: Sampling = { kind: "greedy", repetitionPenalty: 1.03, frequencyPenalty: 0.01 };

export type Taken = { readonly tokens: readonly number[]; readonly stats: GenerationStats | undefined };

export const take = async (
  model: Pick<LanguageModel, "generateTokens">,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<Taken> => {
  const tokens: number[] = [];
  let stats: GenerationStats | undefined;
  const onDone: GenerateOptions["onDone"] = (done) => void (stats = done);
  const run: GenerateOptions = { stopTokens: [], beyondCapacity: "allow", onDone, ...options };
  for await (const token of model.generateTokens(prompt, run)) tokens.push(token);
  return { tokens, stats };
};
