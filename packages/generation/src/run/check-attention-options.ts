/** Checks the options of `attentions` and `visitAttentions`. */
import { checkKeys, oneOf, optional, trueOrFalse } from "@ropewalk/check";
import { attentionOutputs, someLayers } from "@ropewalk/decoder";
import type { VisitAttentionsOptions } from "./attentions.ts";
import { chunkKeys } from "./check-chunk-options.ts";

/** The option that is meant by names from other libraries. */
const meantNames = { output_attentions: "what", attentions: "what", layer: "layers" };

export const checkAttentionOptions = (where: string, options: VisitAttentionsOptions, numLayers: number): void => {
  checkKeys<VisitAttentionsOptions>(
    where,
    "options",
    options,
    {
      ...chunkKeys,
      what: oneOf(attentionOutputs),
      layers: optional(someLayers(numLayers)),
      logits: optional(trueOrFalse),
    },
    meantNames,
  );
};
