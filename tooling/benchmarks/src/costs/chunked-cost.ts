/**
 * The time of dual chunk attention run by chunks, divided by that of the same bands run under masks, for whole prompts and for decode steps
 * of a shipped model. The masked bands state pair by pair what they cover, so that they are not recognised as chunks. Both must give
 * the same logits.
 */
import type { Backend } from "@ropewalk/backend";
import { withPositions } from "@ropewalk/context-extension";
import { createCache, loadModel, prefill, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import type { Band } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";
import { positionMapping } from "@ropewalk/position-mapping/scheme";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { stories260K } from "@ropewalk/tiny-models";
import { barOf, type Bar } from "../measuring/bar.ts";
import { compareTimes, timed, type Candidate } from "../measuring/compare-times.ts";
import { timedSteps, tokensOfRounds } from "../measuring/timed-steps.ts";

const context = 4096;
const scheme = { kind: "dual-chunk", chunkSize: 448, localSize: 64 } as const;

const underMasks = () => {
  const mapping = positionMapping(scheme);
  const bands = mapping.bands.map((band): Band => ({
    covers: (i, j) => covers(band, i, j),
    query: band.query,
    key: band.key,
  }));
  return withPositions({ ...mapping, kind: "custom", bands });
};

const promptOf = ({ extended }: LanguageModel, length: number): readonly number[] =>
  tokens(extended.decoder.vocabSize, length);

const reading = (model: LanguageModel): Candidate => {
  const ids = promptOf(model, context);
  return () =>
    timed(async () => {
      await prefill(model.session, createCache(model.backend, model.extended, { length: context }), ids);
    });
};

/** Milliseconds of a decode step after a prompt. */
const decoding = async (model: LanguageModel, rounds: number): Promise<Candidate> => {
  const empty = createCache(model.backend, model.extended, { length: context + tokensOfRounds(rounds) });
  const { cache } = await prefill(model.session, empty, promptOf(model, context));
  return timedSteps(model, cache);
};

/** @throws Error when their results differ */
const largestDifference = async (a: LanguageModel, b: LanguageModel): Promise<number> => {
  const ids = promptOf(a, 1024);
  const [these, those] = [await a.logits(ids), await b.logits(ids)];
  const worst = these.reduce((most, logit, at) => Math.max(most, Math.abs(logit - those[at]!)), 0);
  if (worst <= 1e-3) return worst;
  throw new Error(`chunkedCost: the logits of both ways must be within 1e-3, got ${worst}`);
};

export const chunkedCost = async (
  backend: Backend,
  { quick }: { readonly quick: boolean },
): Promise<readonly Bar[]> => {
  const plain = await loadModel(await openFolder(stories260K.url), { backend });
  const [fast, masked] = [await plain.withExtension(withPositions(scheme)), await plain.withExtension(underMasks())];
  if (fast.extended.attentionPath.kind !== "chunked" || masked.extended.attentionPath.kind !== "masked")
    throw new Error(
      `chunkedCost: the ways must be two, got ${fast.extended.attentionPath.kind} and ${masked.extended.attentionPath.kind}`,
    );
  const worst = await largestDifference(fast, masked);
  const [rounds, warmups] = [quick ? 2 : 7, 1];
  const timedRounds = rounds + warmups;
  const read = await compareTimes(reading(masked), reading(fast), { rounds, warmups });
  const steps = await compareTimes(await decoding(masked, timedRounds), await decoding(fast, timedRounds), {
    rounds,
    warmups,
  });
  await plain.release();
  const way = "dual chunk attention, by chunks / under masks";
  const from = ({ base, candidate }: typeof read, digits: number): string =>
    `${base.toFixed(digits)} ms to ${candidate.toFixed(digits)} ms, logits within ${worst.toExponential(0)} of each other`;
  return [
    barOf({ name: `stories260K, prefill of ${context}, ${way}`, value: read.ratio, from: from(read, 0) }, "at most", 1),
    barOf(
      { name: `stories260K, decode at ${context}, ${way}`, value: steps.ratio, from: from(steps, 2) },
      "at most",
      1.1,
    ),
  ];
};
