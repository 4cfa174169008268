/** Runs a cell of attention entropy: how widely the queries of an untuned or a tuned model look, on the first held-out samples. */
import { cpu } from "@ropewalk/backend-node";
import { attentionEntropy, recipe } from "@ropewalk/finetune";
import { loadModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { join } from "node:path";
import type { Open } from "../run/cells.ts";
import { nameOf, seqLen, trainedContext, type TuningCell } from "./cells.ts";
import { firstHeldOut, readText } from "./text.ts";
import type { TuningSetup } from "./work.ts";

/** Entropies are taken of `heldOut` samples. */
export type EntropyCell = TuningCell;

/** Means inside the trained window and behind it, in nats, by layer. */
export type EntropyResult = { readonly layers: readonly { readonly inside: number; readonly behind: number }[] };

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const open: Open<TuningSetup, EntropyCell, EntropyResult> = async ({ text: file, separator, models }) => {
  const backend = cpu({ threads: 1 });
  const plain = await loadModel(await openFolder(stories260K.url), { backend });
  const text = await readText(plain, file, separator);
  return async (cell) => {
    const { method, steps, heldOut } = cell;
    const tuned = steps > 0;
    const extension = method === "plain" ? {} : recipe(method, { trainedContext, seqLen }).extension;
    const model = tuned
      ? await loadModel(await openFolder(join(models, nameOf(cell))), { backend })
      : await plain.withExtension(extension);
    const layers = await attentionEntropy(model, firstHeldOut(text, heldOut));
    if (tuned) await model.release();
    return {
      layers: layers.map((layer) => ({
        inside: mean(layer.subarray(0, trainedContext)),
        behind: mean(layer.subarray(trainedContext)),
      })),
    };
  };
};
