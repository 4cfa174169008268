/** What the files of golden logits hold, and the extensions that their cases were made under. Read by tests in Node and in a page. */
import { compose, logN, selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";

export type GoldenMethod = {
  readonly groupSize: number | null;
  readonly window: number | null;
  readonly logNContext: number | null;
};

export const extensionOf = ({ groupSize, window, logNContext }: GoldenMethod): ContextExtension =>
  compose(
    groupSize === null || window === null ? {} : selfExtend({ groupSize, window }),
    logNContext === null ? {} : logN({ trainedContext: logNContext }),
  );

export type PasskeyGolden = {
  readonly method: GoldenMethod;
  readonly length: number;
  readonly inputIds: readonly number[];
  readonly answerIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly logitsMid: readonly number[];
  readonly midIndex: number;
};

export type StoriesGolden = {
  readonly ids: readonly number[];
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly nll: readonly number[];
        readonly logits_last: readonly number[];
        readonly logits_600: readonly number[];
        readonly argmax: readonly number[];
      }
    >
  >;
};

/** By the case's name. */
export const storiesExtensions: Readonly<Record<string, ContextExtension>> = {
  vanilla: {},
  se_W64_G4: selfExtend({ groupSize: 4, window: 64 }),
  se_W128_G8: selfExtend({ groupSize: 8, window: 128 }),
  se_W100_G7: selfExtend({ groupSize: 7, window: 100 }),
  window512: slidingWindow({ window: 512 }),
};
