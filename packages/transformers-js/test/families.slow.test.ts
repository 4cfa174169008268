/** Exports of every family, loaded by transformers.js, generate the tokens that `@ropewalk/generation` generates. */
import { dirname } from "node:path";
import { checkpointOf, configOf, expectedOf, exportNames, exportPath } from "@ropewalk/testing/exports/export-files";
import { generatedFrom } from "@ropewalk/testing/exports/passkey-export";
import { continued, load } from "@ropewalk/testing/transformers-js";
import { env } from "@huggingface/transformers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compose, extendModels, logN, selfExtend } from "../src/index.ts";

const extension = compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 64 }));
const ids = Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100));
/** The float32 exports that have a checkpoint to compare with. */
const names = exportNames.filter((name) => !/-(int4|fp16|h32)$/.test(name));

let undo: () => Promise<void>;
beforeEach(() => {
  Object.assign(env, { allowRemoteModels: false, localModelPath: dirname(exportPath(exportNames[0]!)) });
  // Mistral's sliding window is turned off, with a notice.
  undo = extendModels(env, { extension, onNotice: () => {} });
});
afterEach(() => undo());

it.each(names)("%s", async (name) => {
  const model = await load(name, { subfolder: "" });
  const { max_position_embeddings: positions, sliding_window: window } = configOf(name) as {
    readonly max_position_embeddings: number;
    readonly sliding_window?: number | null;
  };
  const trained = Math.min(positions, window ?? Infinity);
  expect(model.config).toMatchObject({ max_position_embeddings: 4 * (trained - 16 + 4) });
  expect(await continued(model, ids, 20)).toEqual(
    await generatedFrom(checkpointOf(expectedOf(name).family), extension, ids, 20),
  );
  await model.dispose();
});
