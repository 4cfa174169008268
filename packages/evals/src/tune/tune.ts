/**
 * Finds group size, window and log-n for a model and a length, from an unlabelled text. The loss beyond the trained window decides; the loss
 * inside shows harm.
 */
import {
  check,
  checkFunction,
  checkKeys,
  checkList,
  optional,
  positive,
  trueOrFalse,
  type Keys,
} from "@ropewalk/check";
import { compose, logN as logNScaling, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import type { LanguageModel } from "@ropewalk/generation";
import { everyCandidate, searchSpace, type Candidate } from "./candidates.ts";
import { sampleLoss, type SampleLoss } from "./measure.ts";
import type { TuneSample } from "./samples.ts";
import { meanOver, ranked, search } from "./search.ts";

export type TuneOptions = {
  /** Tokens that the model is to read. */
  readonly length: number;
  /** The budget, in runs of `length` tokens through the model. Default 24. */
  readonly prefills?: number | undefined;
  /** Whether log-n is tried. Default true. */
  readonly logN?: boolean | undefined;
  /** Fixed instead of searched. */
  readonly groupSize?: number | undefined;
  readonly window?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each sample, with the prefills done and those that it may take. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

export type TuneRow = Candidate & {
  /** The mean loss behind the trained window, or of the responses: what decides. In nats per token. */
  readonly far: number;
  /** The mean loss before it; null where nothing is scored there. */
  readonly near: number | null;
  /** How many samples it was measured on. */
  readonly samples: number;
  /** What decides on the first sample alone, which all were measured on. */
  readonly first: number;
};

export type TuneResult = {
  readonly chosen: TuneRow;
  readonly extension: ContextExtension;
  /** All candidates that were tried: those with the most samples first, and among these the better first. */
  readonly rows: readonly TuneRow[];
  /** The model without an extension, on the first sample. */
  readonly plain: Omit<TuneRow, keyof Candidate>;
  /** What it took, in prefills, and what the whole grid of candidates would take on as many samples as the choice rests on. */
  readonly prefills: number;
  readonly gridPrefills: number;
};

const keys: Keys<TuneOptions> = {
  length: positive,
  prefills: true,
  logN: optional(trueOrFalse),
  groupSize: optional(positive),
  window: optional(positive),
  signal: true,
  onProgress: optional(checkFunction),
};

/** The default number of prefills. */
export const defaultPrefills = 24;

export const extensionOfCandidate = (
  { groupSize, window, logN }: Candidate,
  trainedContext: number,
): ContextExtension =>
  logN
    ? compose(selfExtend({ groupSize, window }), logNScaling({ trainedContext }))
    : selfExtend({ groupSize, window });

const rowOf = (losses: readonly SampleLoss[]): Omit<TuneRow, keyof Candidate> => {
  const near = meanOver(losses, "near");
  return {
    far: meanOver(losses, "far"),
    near: Number.isNaN(near) ? null : near,
    samples: losses.length,
    first: meanOver(losses, "far", 1),
  };
};

/**
 * Finds G and W, and whether log-n helps.
 *
 * @param model - as it is, without an extension; candidates share its weights
 * @param samples - of `tuneSamples`
 * @throws RangeError when the length is within the trained window, no G and W reach it, or the prefills do not pay for the model as it is
 *   and one candidate; whatever the signal was aborted with
 */
export const tune = async (
  model: LanguageModel,
  samples: readonly TuneSample[],
  options: TuneOptions,
): Promise<TuneResult> => {
  const given = checkKeys("tune", "options", options, keys);
  const { length, prefills = defaultPrefills, logN = true, groupSize, window, signal, onProgress } = given;
  checkList("tune", "samples", samples);
  const { trainedContext } = model.extended.decoder;
  const space = searchSpace(trainedContext, length, { groupSize, window });
  const costs = samples.map(({ ids }) => (ids.length - 1) / length);
  check(
    Number.isFinite(prefills) && prefills >= 2 * costs[0]!,
    `tune: prefills must be at least ${(2 * costs[0]!).toFixed(2)}, for the model as it is and one candidate`,
    prefills,
    "number",
  );
  let done = 0;
  const counted = async (under: LanguageModel, sample: number): Promise<SampleLoss> => {
    const loss = await sampleLoss(under, samples[sample]!, signal);
    done += costs[sample]!;
    onProgress?.(done, prefills);
    return loss;
  };
  const plain = rowOf([await counted(model, 0)]);
  const measure = async (candidate: Candidate, sample: number): Promise<SampleLoss> =>
    counted(await model.withExtension(extensionOfCandidate(candidate, trainedContext)), sample);
  const { tried } = await search({ space, costs, prefills: prefills - done, logN }, measure);
  const rows = ranked(tried).map(({ candidate, losses }): TuneRow => ({ ...candidate, ...rowOf(losses) }));
  const [chosen] = rows;
  const each = costs.slice(0, chosen!.samples).reduce((sum, cost) => sum + cost, 0);
  const grid = everyCandidate(space).filter((candidate) => logN || !candidate.logN);
  return {
    chosen: chosen!,
    extension: extensionOfCandidate(chosen!, trainedContext),
    rows,
    plain,
    prefills: done,
    gridPrefills: grid.length * each,
  };
};
