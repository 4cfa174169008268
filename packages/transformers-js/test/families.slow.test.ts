/** Exports of every family, loaded by transformers.js, generate the tokens that `@ropewalk/generation` generates. */
import { rmSync } from "node:fs";
import { checkpointOf, configOf, expectedOf, exportNames } from "@ropewalk/testing/exports/export-files";
import { generatedFrom, temporaryFolder } from "@ropewalk/testing/exports/passkey-export";
import { continued, load } from "@ropewalk/testing/transformers-js";
import { env } from "@huggingface/transformers";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { compose, extendModels, logN, selfExtend } from "../src/index.ts";
import { copyExport } from "./copied-export.ts";

const extension = compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 64 }));
const ids = Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100));
/** The float32 exports that have a checkpoint to compare with. */
const names = exportNames.filter((name) => !/-(int4|fp16|h32)$/.test(name));

const root = temporaryFolder();
let undo: () => Promise<void>;
beforeEach(() => {
  Object.assign(env, { allowRemoteModels: false, localModelPath: `${root}/` });
  // Mistral's sliding window is turned off, with a notice.
  undo = extendModels(env, { extension, onNotice: () => {} });
});
afterEach(() => undo());
afterAll(() => rmSync(root, { recursive: true }));

it.each(names)("%s", async (name) => {
  copyExport(name, root);
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
