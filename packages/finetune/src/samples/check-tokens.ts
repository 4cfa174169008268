/** Checks that tokens are in the vocabulary. Any other token would be looked up outside the embeddings. */
import { checkInteger } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { Sample } from "./fit-samples.ts";

/** @throws RangeError when a token or a label is outside the vocabulary */
export const checkTokens = (where: string, name: string, data: readonly Sample[], vocabSize: number): void => {
  for (const [index, { ids, labels = [] }] of data.entries())
    for (const [part, tokens] of Object.entries({ ids, labels }))
      for (const [at, token] of tokens.entries())
        if (!(part === "labels" && token === ignoredLabel))
          checkInteger(where, `${name}[${index}].${part}[${at}]`, token, 0, vocabSize - 1);
};
