/**
 * Adds numbers to the logits of some tokens, as OpenAI's `logit_bias` does:
 *
 *   logits[t] + bias[t]
 *
 * -Infinity rules a token out. -100 practically does the same, and 100 practically forces a token.
 */
import { check, checkNumber, show } from "@ropewalk/check";
import type { Adjustment } from "./adjustment.ts";

/** Numbers by token id. */
export type LogitBias = Readonly<Record<number, number>>;

const isId = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

export const logitBias: Adjustment<LogitBias> = {
  rule: (where, name, value) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
    if (!isObject)
      throw new TypeError(`${where}: ${name} must be an object of numbers by token id, got ${show(value)}`);
    for (const [key, number] of Object.entries(value)) {
      check(isId(key), `${where}: ${name} must have token ids as keys`, key);
      checkNumber(where, `${name}[${key}]`, number, (number as number) < Infinity, "a number below Infinity");
    }
  },
  checkFit: (where, bias, vocabSize) => {
    const outside = Object.keys(bias).find((key) => Number(key) >= vocabSize);
    check(
      outside === undefined,
      `${where}: logitBias must have token ids from 0 to ${vocabSize - 1}, the vocabulary`,
      Number(outside),
    );
  },
  isNeutral: (bias) => Object.values(bias).every((number) => number === 0),
  apply: (bias, logits) => {
    for (const [token, number] of Object.entries(bias)) logits[Number(token)]! += number;
  },
};
