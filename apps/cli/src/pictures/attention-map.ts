/** One layer's attention over a short text: `--map 3` is the mean of its heads, `--map 3:1` head 1 alone. */
import { heatMap } from "@ropewalk/charts";
import { checkInteger } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
import { InvalidArgumentError } from "commander";

export type MapPlace = { readonly layer: number; readonly head: number | undefined };

/** Reads the text of `--map`. */
export const mapPlace = (text: string): MapPlace => {
  const [, layer, head] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (layer === undefined)
    throw new InvalidArgumentError(`must be a layer, or a layer and a head as in 3:1, got ${text}`);
  return { layer: Number(layer), head: head === undefined ? undefined : Number(head) };
};

/** Tokens of a map, at most: each head has as many weights as this number squared. */
export const longestMap = 2048;

/** Weights [tokens, tokens], row by row. */
export const readMap = async (
  model: LanguageModel,
  ids: readonly number[],
  { layer, head }: MapPlace,
  options: { readonly chunkSize?: number; readonly signal: AbortSignal },
): Promise<Float32Array> => {
  const { numHeads } = model.extended.decoder;
  if (head !== undefined) checkInteger("entropies", "the head of --map", head, 0, numHeads - 1);
  const [map] = await model.attentions(ids, { ...options, what: "maps", layers: [layer] });
  const size = ids.length ** 2;
  if (head !== undefined) return map!.data.slice(head * size, (head + 1) * size);
  const mean = new Float32Array(size);
  for (const [at, weight] of map!.data.entries()) mean[at % size]! += weight / numHeads;
  return mean;
};

export const mapWords = ({ layer, head }: MapPlace): string =>
  `layer ${layer}, ${head === undefined ? "the mean of its heads" : `head ${head}`}`;

const leastDrawn = 1e-6;

/** The scale is logarithmic, since far tokens weigh powers of ten less than near ones. Unseen tokens stay empty. */
export const mapPicture = (title: string, length: number, weights: Float32Array): string =>
  heatMap({
    title,
    rows: length,
    columns: length,
    scale: "logarithmic",
    values: weights.map((weight) => (weight > 0 ? Math.max(weight, leastDrawn) : NaN)),
    across: "key",
    down: "query",
    colour: "weight",
  });
