import type { AttentionKind } from "@ropewalk/context-extension";
import type { DecoderSizes } from "@ropewalk/decoder";
import { valueOfInfo } from "@ropewalk/graph";
import { neededCount } from "../config/config-files.ts";
import { refuse } from "../errors.ts";
import type { ReadExport } from "./read-export.ts";

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The sizes of an export's decoder.
 *
 * @throws RangeError when its layers have different heads
 */
export const decoderSizesOf = ({ config, view, attentionMatches, context }: ReadExport): DecoderSizes => {
  const { numHeads, numKvHeads, headDim } = attentionMatches[0]!;
  for (const size of ["numHeads", "numKvHeads", "headDim"] as const) {
    const other = attentionMatches.find((each) => each[size] !== attentionMatches[0]![size]);
    if (other)
      refuse(
        `node "${other.node}" must have the ${size} ${attentionMatches[0]![size]} of the layers before, got ${other[size]}`,
      );
  }
  const logits = view.graph.output.find(({ name }) => name === "logits");
  const stated = logits && valueOfInfo(logits).dims?.at(-1);
  const { attention, ...others } = context;
  const common: AttentionKind = { rope: context.rope, slidingWindow: context.slidingWindow };
  return {
    numLayers: attentionMatches.length,
    numHeads,
    numKvHeads,
    headDim,
    vocabSize: typeof stated === "number" ? stated : neededCount(config, "vocab_size"),
    ...others,
    ...(attention.every((kind) => isSame(kind, common)) ? {} : { attention }),
  };
};
