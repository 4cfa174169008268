/**
 * The text as samples. The last ones are held out; what is before them is cut into samples that begin at even distances, so that there
 * are as many as asked for: where the text is too short for that, neighbours share tokens with one another, and none with what is held out.
 */
import { ignoredLabel } from "@ropewalk/decoder/training";
import { readData, type Sample } from "@ropewalk/finetune";
import type { OpenedModel } from "@ropewalk/generation";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { heldOutSamples, seqLen, trainSamples } from "./cells.ts";

export type Text = {
  readonly train: readonly Sample[];
  /** The tokens of the held-out samples, one behind another, and one more to foretell. */
  readonly heldOut: readonly number[];
  /** Tokens between the beginnings of two samples. */
  readonly stride: number;
};

/** @throws RangeError when the text is too short */
export const cutSamples = (ids: readonly number[], labels: readonly number[]): Text => {
  const held = heldOutSamples * seqLen;
  const room = ids.length - held - 1;
  if (room < seqLen) throw new RangeError(`cutSamples: ids must be at least ${held + 1 + seqLen}, got ${ids.length}`);
  const stride = Math.min(seqLen, Math.floor((room - seqLen) / (trainSamples - 1)));
  const train = Array.from({ length: trainSamples }, (_, at) => ({
    ids: ids.slice(at * stride, at * stride + seqLen),
    labels: labels.slice(at * stride, at * stride + seqLen),
  }));
  return { train, heldOut: ids.slice(room), stride };
};

/** A file of documents, each with its own beginning, which is not learned. */
export const readText = async (
  model: Pick<OpenedModel, "source" | "text">,
  file: string,
  separator: string,
): Promise<Text> => {
  const text = await readFile(file, "utf8");
  const { samples } = readData({ model, file: basename(file), seqLen, separator }, text);
  return cutSamples(
    samples.flatMap(({ ids }) => ids),
    samples.flatMap(({ ids, labels = ids }) => labels),
  );
};

/** The first held-out samples. */
export const firstHeldOut = ({ heldOut }: Pick<Text, "heldOut">, count: number): readonly (readonly number[])[] =>
  Array.from({ length: count }, (_, at) => heldOut.slice(at * seqLen, (at + 1) * seqLen));

/** A sample of which only what comes behind the trained window is learned. */
export const behind = (ids: readonly number[], from: number, masked: number): Sample => ({
  ids,
  labels: ids.map((id, at) => (at <= from || id === masked ? ignoredLabel : id)),
});
