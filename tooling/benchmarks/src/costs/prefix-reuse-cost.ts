/**
 * The second question on a document that was read once: the time to its first token over that of a cold run of the same text, and the
 * memory that a fork of the document's cache takes for itself.
 */
import { bytesOfBuffer } from "@ropewalk/backend";
import {
  forkCache,
  plannedCacheBytes,
  releaseCache,
  type AnyPrefix,
  type KeyValueCache,
  type LanguageModel,
} from "@ropewalk/generation";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { barOf, type Bar } from "../measuring/bar.ts";
import { compareTimes, timed, type Candidate } from "../measuring/compare-times.ts";
import type { Models } from "../models/plain-and-extended.ts";

const context = 8192;
const questionLength = 32;
/** Of the window and what waits to settle: a fork copies them. */
const waiting = 256;

/** To the first token. */
const asking = (model: LanguageModel, ids: readonly number[], after?: AnyPrefix): Candidate => {
  const options = { maxNewTokens: 1, beyondCapacity: "allow", ...(after && { after }) } as const;
  return async () => {
    const run = model.generateTokens(ids, options);
    const time = await timed(() => run.next());
    await run.return();
    return time;
  };
};

const ownBytes = ({ backend: { held, isShared } }: KeyValueCache): number =>
  [...held.keys()]
    .filter((buffer) => !isShared(buffer))
    .map(bytesOfBuffer)
    .reduce((sum, bytes) => sum + bytes, 0);

export const secondQuestion = async (
  { extended: model }: Models,
  { quick }: { readonly quick: boolean },
): Promise<readonly Bar[]> => {
  const { extended } = model;
  const all = tokens(extended.decoder.vocabSize, context + questionLength);
  const [text, question] = [all.slice(0, context), all.slice(context)];
  const document = await model.read(text, { beyondCapacity: "allow" });
  const again = asking(model, question, document);
  // The first question; code is compiled and memory there.
  await again();
  const compared = await compareTimes(asking(model, all), again, { rounds: quick ? 1 : 3, warmups: 0 });

  const fork = forkCache(document.cache);
  const own = ownBytes(fork);
  releaseCache(fork);
  document.release();
  const { attentionPath } = extended;
  const window = "window" in attentionPath ? attentionPath.window : 0;
  const allowed = plannedCacheBytes(extended, { length: window + waiting });
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    barOf(
      {
        name: `time to the first token of a second question of ${questionLength} behind ${context}, read once / cold`,
        value: compared.ratio,
        from: `${compared.base.toFixed(0)} ms to ${compared.candidate.toFixed(0)} ms`,
      },
      "at most",
      1 / 50,
    ),
    barOf(
      {
        name: `a fork's own memory behind ${context} / that of W + ${waiting} tokens`,
        value: own / allowed,
        from: `${mb(own)} of ${mb(allowed)}; the document holds ${mb(plannedCacheBytes(extended, { length: context }))}`,
      },
      "at most",
      1,
    ),
  ];
};
