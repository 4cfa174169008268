/**
 * The cost of a decode step of a whole model in float32: SelfExtend divided by plain attention, and each at a long context divided by
 * itself at a short one. Time may grow no faster than the bytes that a step reads:
 *
 *   bytes(n) = 4 (matrices + 2 numLayers numKvHeads headDim n)       every weight that is multiplied, every key, every value
 */
import type { LanguageModel } from "@ropewalk/generation";
import { needCheckpoint } from "@ropewalk/generation";
import { barOf, type Bar } from "../measuring/bar.ts";
import { filledCache } from "../measuring/filled-cache.ts";
import { compareTimes, type Candidate, type Comparison } from "../measuring/compare-times.ts";
import { timedSteps, tokensOfRounds } from "../measuring/timed-steps.ts";
import type { Models } from "../models/plain-and-extended.ts";

const short = 8192;
const long = 32_768;

/** Milliseconds of a step after `context` keys. */
const decoding = (model: LanguageModel, context: number, rounds: number): Candidate =>
  timedSteps(model, filledCache(model, { length: context, room: tokensOfRounds(rounds) }));

type Side = readonly [model: LanguageModel, context: number];

const compare = (base: Side, candidate: Side, rounds: number): Promise<Comparison> => {
  const warmups = 1;
  const timedRounds = rounds + warmups;
  return compareTimes(decoding(...base, timedRounds), decoding(...candidate, timedRounds), { rounds, warmups });
};

/** Bytes that a step reads behind `context` keys. */
const bytesRead = ({ source }: LanguageModel, context: number): number => {
  const { decoder } = needCheckpoint("decode cost", source);
  const { projections, unembedding, tensors, numLayers, numKvHeads, headDim } = decoder;
  const matrices = [...projections, unembedding].map((name) =>
    tensors[name]!.reduce((product, dim) => product * dim, 1),
  );
  return 4 * matrices.reduce((sum, elements) => sum + elements, 2 * numLayers * numKvHeads * headDim * context);
};

/** `36.1 ms, 1042 MB, 28.9 GB/s` */
const described = (bytes: number, time: number): string =>
  `${time.toFixed(1)} ms, ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / time / 1e6).toFixed(1)} GB/s`;

const growth = async (name: string, model: LanguageModel, rounds: number): Promise<Bar> => {
  const { ratio, base, candidate } = await compare([model, short], [model, long], rounds);
  const [few, many] = [bytesRead(model, short), bytesRead(model, long)];
  const from = `${described(few, base)} to ${described(many, candidate)}`;
  return barOf({ name: `decode, ${name}, ${long} / ${short}`, value: ratio, from }, "at most", many / few);
};

export const decodeCost = async (
  { plain, extended }: Models,
  { quick }: { readonly quick: boolean },
): Promise<readonly Bar[]> => {
  const rounds = quick ? 2 : 11;
  const { ratio, base, candidate } = await compare([plain, short], [extended, short], rounds);
  const from = `${base.toFixed(1)} ms to ${candidate.toFixed(1)} ms`;
  return [
    barOf({ name: `decode at ${short}, SelfExtend / plain`, value: ratio, from }, "at most", 1.05),
    await growth("plain", plain, rounds),
    await growth("SelfExtend", extended, rounds),
  ];
};
