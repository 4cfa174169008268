/** Runs a cell of the study beyond the tuned window: the losses by position of a model, tuned or not, with or without SelfExtend on top. */
import { cpu } from "@ropewalk/backend-node";
import { compose, selfExtend } from "@ropewalk/context-extension";
import { perplexity } from "@ropewalk/evals";
import { entropyAbfRecipe } from "@ropewalk/finetune";
import { loadModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import type { Open } from "../run/cells.ts";
import { trainedContext } from "../tuning/cells.ts";
import { readText } from "../tuning/text.ts";

export type BeyondSetup = { readonly text: string; readonly separator: string; readonly tuned: string };

export type BeyondCell = {
  readonly model: "own" | "tuned";
  /** G and W; absent: no SelfExtend. */
  readonly groupSize?: number;
  readonly window?: number;
  readonly length: number;
  readonly windows: number;
  readonly bucket: number;
};

export type BeyondResult = { readonly losses: readonly number[]; readonly seconds: number };

export const open: Open<BeyondSetup, BeyondCell, BeyondResult> = async ({ text: file, separator, tuned }) => {
  const backend = cpu({ threads: 1 });
  const own = await loadModel(await openFolder(stories260K.url), { backend });
  const folder = await openFolder(tuned);
  const { heldOut } = await readText(own, file, separator);
  const { extension } = entropyAbfRecipe({ trainedContext });
  return async ({ model: which, groupSize, window, ...windows }) => {
    const begun = performance.now();
    const positions = groupSize === undefined || window === undefined ? {} : selfExtend({ groupSize, window });
    const model =
      which === "own"
        ? await own.withExtension(positions)
        : await loadModel(folder, { backend, extension: compose(extension, positions) });
    const { buckets } = await perplexity(model, heldOut, { ...windows, masked: [own.source.bosToken!] });
    if (which === "tuned") await model.release();
    return {
      losses: buckets.map(({ loss }) => loss),
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  };
};
