/** What crosses from the device to JavaScript while a text is generated: a row of logits a run, and nothing else. */
import { selfExtend } from "@ropewalk/decoder";
import { loadModel } from "@ropewalk/generation";
import { passkeyCases, passkeyFolder } from "./small-models.ts";
import { expectThat, type Check, type Place } from "./place.ts";

const chunkSize = 64;
const newTokens = 5;

/**
 * Generates a hidden key beyond the window, and compares it.
 *
 * @returns bytes of a row of logits, and how many runs there were
 */
export const generateKey = async (place: Place): Promise<{ readonly row: number; readonly runs: number }> => {
  const golden = (await passkeyCases(place)).find(({ method, length }) => method.groupSize !== null && length === 241)!;
  const extension = selfExtend({ groupSize: golden.method.groupSize!, window: golden.method.window! });
  const model = await loadModel(await place.model(passkeyFolder), { backend: place.backend, extension });
  const tokens: number[] = [];
  const options = { maxNewTokens: newTokens, chunkSize, stopTokens: [] };
  for await (const token of model.generateTokens(golden.inputIds, options)) tokens.push(token);
  await model.release();
  expectThat(String(tokens) === String(golden.answerIds), `the key must be ${golden.answerIds}, got ${tokens}`);
  return {
    row: 4 * model.extended.decoder.vocabSize,
    // The first token comes from the prompt's last chunk.
    runs: Math.ceil(golden.inputIds.length / chunkSize) + newTokens - 1,
  };
};

export const readChecks: readonly Check[] = [
  {
    name: "generating reads back a row of logits a run and nothing else",
    run: async (place) => {
      const before = place.reads.length;
      const { row, runs } = await generateKey(place);
      const reads = place.reads.slice(before);
      const expected = Array.from({ length: runs }, () => row);
      expectThat(String(reads) === String(expected), `bytes read must be ${expected}, got ${reads}`);
    },
  },
];
