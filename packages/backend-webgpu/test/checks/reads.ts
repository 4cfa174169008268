/** What crosses from the device to JavaScript while a text is generated: a token a run where it is the likeliest, or a row of logits. */
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type Sampling } from "@ropewalk/generation";
import { passkeyCases, passkeyFolder } from "./small-models.ts";
import { expectThat, type Check, type Place } from "./place.ts";

const chunkSize = 64;
const newTokens = 5;

/** Of an int64. */
const tokenBytes = 8;

/** Drawn among one, a token is the likeliest too. */
const samplings: Readonly<Record<"greedy" | "sample", Sampling>> = {
  greedy: { kind: "greedy" },
  sample: { kind: "sample", temperature: 1, topK: 1, seed: 1 },
};

/**
 * Generates a hidden key beyond the window, and compares it.
 *
 * @returns bytes that each run is to bring back, and how many runs there were
 */
const generateKey = async (
  place: Place,
  kind: keyof typeof samplings,
): Promise<{ readonly bytes: number; readonly runs: number }> => {
  const golden = (await passkeyCases(place)).find(({ method, length }) => method.groupSize !== null && length === 241)!;
  const extension = selfExtend({ groupSize: golden.method.groupSize!, window: golden.method.window! });
  const model = await loadModel(await place.model(passkeyFolder), { backend: place.backend, extension });
  const tokens: number[] = [];
  const options = { sampling: samplings[kind], maxNewTokens: newTokens, chunkSize, stopTokens: [] };
  for await (const token of model.generateTokens(golden.inputIds, options)) tokens.push(token);
  await model.release();
  expectThat(String(tokens) === String(golden.answerIds), `the key must be ${golden.answerIds}, got ${tokens}`);
  return {
    bytes: kind === "greedy" ? tokenBytes : 4 * model.extended.decoder.vocabSize,
    // The first token comes from the prompt's last chunk.
    runs: Math.ceil(golden.inputIds.length / chunkSize) + newTokens - 1,
  };
};

/** Generates a key, and compares what is said to be read. @returns how many runs there were, and what each brings back */
export const checkReads = async (
  place: Place,
  kind: keyof typeof samplings,
): Promise<{ readonly bytes: number; readonly runs: number }> => {
  const before = place.reads.length;
  const { bytes, runs } = await generateKey(place, kind);
  const reads = place.reads.slice(before);
  const expected = Array.from({ length: runs }, () => bytes);
  expectThat(String(reads) === String(expected), `bytes read must be ${expected}, got ${reads}`);
  return { bytes, runs };
};

/** A page is asked for more: what it maps of the GPU's memory is what it says. */
const readCheck = (kind: keyof typeof samplings, name: string): Check => ({
  name,
  slow: true,
  run: async (place) => void (await checkReads(place, kind)),
});

export const readChecks: readonly Check[] = [
  readCheck("greedy", "generating greedily reads back a token a run and nothing else"),
  readCheck("sample", "drawing tokens reads back a row of logits a run and nothing else"),
];
