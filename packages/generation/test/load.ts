/** The shipped models with the logits that independent implementations give for them. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { loadModel, type LanguageModel } from "../src/index.ts";
import type { PasskeyGolden, StoriesGolden } from "./golden-cases.ts";

export const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];

export const load = async (backend: Backend, model: { readonly url: URL }): Promise<LanguageModel> =>
  loadModel(await openFolder(model.url), { backend });

export const vectors = (path: string): string =>
  readFileSync(new URL(`../../tiny-models/test/vectors/${path}`, import.meta.url), "utf8");

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
