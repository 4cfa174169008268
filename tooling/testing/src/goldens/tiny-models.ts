/** The logits that independent implementations give for the shipped models. */
import { readRepositoryJson } from "../repository.ts";
import { tinyModelGoldens } from "../vectors.ts";
import type { PasskeyGolden, StoriesGolden } from "./golden-cases.ts";

export const passkeyGolden: readonly PasskeyGolden[] = readRepositoryJson<{ readonly cases: readonly PasskeyGolden[] }>(
  `${tinyModelGoldens}/passkey-875k/golden-logits.json`,
).cases;

export const storiesGolden: StoriesGolden = readRepositoryJson(`${tinyModelGoldens}/stories260K/golden.json`);
