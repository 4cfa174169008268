/** What every engine is asked: a prompt of any length, and the tokens that follow it, taken greedily. */
import type { CachePrecision } from "@ropewalk/decoder";
import type { GgufPrecision } from "./models/llama-gguf.ts";

/** One checkpoint in each engine's own format. `float32` is float16 in llama.cpp, the nearest that it is used with. */
export const checkpointPrecisions = ["float32", "q8", "q4"] as const;
export type CheckpointPrecision = (typeof checkpointPrecisions)[number];

/** One GGUF file, the same for all engines that read it. */
export const ggufPrecisions = ["q8_0", "q4_k"] as const satisfies readonly GgufPrecision[];

export const precisions = [...checkpointPrecisions, ...ggufPrecisions] as const;
export type Precision = (typeof precisions)[number];

export const engines = ["ropewalk", "transformers.js", "transformers.js+ropewalk", "node-llama-cpp"] as const;
export type EngineName = (typeof engines)[number];

/** How Ropewalk keeps settled keys and values. */
export const cachePrecisions = ["float32", "q8"] as const satisfies readonly CachePrecision[];

export type Workload = {
  readonly ids: readonly number[];
  readonly newTokens: number;
  /** What the prompt stands behind; it is read before the clock starts, and kept for the next prompt behind the same. */
  readonly document?: readonly number[];
};

/** Those that read GGUF files. */
const ggufReaders: ReadonlySet<EngineName> = new Set(["ropewalk", "node-llama-cpp"]);

/** Whether an engine has a model of that precision. */
export const reads = (engine: EngineName, precision: Precision): boolean =>
  ggufReaders.has(engine) || checkpointPrecisions.some((known) => known === precision);

/** Those that can keep what they have read, by means of their own. */
export const keepers: readonly EngineName[] = ["ropewalk", "node-llama-cpp"];

/** What one run of a workload gave. */
export type Run = {
  readonly tokens: readonly number[];
  /** From the prompt to the first token, in milliseconds. */
  readonly promptTime: number;
  /** From each token to the next, in milliseconds. */
  readonly stepTimes: readonly number[];
};

/** A loaded model. */
export type Engine = (workload: Workload) => Promise<Run>;

/** A prompt without repetition as far as the vocabulary goes; the first three ids are special in many vocabularies. */
export const promptOf = (length: number, vocabSize: number): readonly number[] =>
  Array.from({ length }, (_, index) => 3 + ((index * 7919) % (vocabSize - 8)));

/** Tokens of a run: the first, a step that is not counted, and the steps that are. */
export const tokensFor = (steps: number): number => steps + 2;

/** What an engine is asked before it is measured, so that code is compiled and memory there. */
export const warmUp = (vocabSize: number): Workload => ({ ids: promptOf(64, vocabSize), newTokens: 4 });

/** A run from the moments [ms] of its start and of its tokens. */
export const runOf = (start: number, moments: readonly number[], tokens: readonly number[]): Run => ({
  tokens,
  promptTime: moments[0]! - start,
  stepTimes: moments.slice(1).map((moment, index) => moment - moments[index]!),
});
