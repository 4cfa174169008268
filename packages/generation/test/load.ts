/** The shipped models with the logits that independent implementations give for them. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { loadModel, type LanguageModel } from "../src/index.ts";

export const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];

export const load = async (backend: Backend, model: { readonly url: URL }): Promise<LanguageModel> =>
  loadModel(await openFolder(model.url), { backend });

export const vectors = (path: string): string =>
  readFileSync(new URL(`../../tiny-models/test/vectors/${path}`, import.meta.url), "utf8");

export type PasskeyGolden = {
  readonly method: {
    readonly groupSize: number | null;
    readonly window: number | null;
    readonly logNContext: number | null;
  };
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

export const passkeyGolden = (
  JSON.parse(vectors("passkey-875k/golden-logits.json")) as { readonly cases: readonly PasskeyGolden[] }
).cases;
export const storiesGolden = JSON.parse(vectors("stories260K/golden.json")) as StoriesGolden;

export { passkey875k, stories260K };

/** Logits of position `at`. */
export const row = (logits: Float32Array, vocabSize: number, at: number): Float32Array =>
  logits.subarray(at * vocabSize, (at + 1) * vocabSize);

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
};
