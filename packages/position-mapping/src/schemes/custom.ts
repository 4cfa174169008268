/**
 * The caller's own mapping:
 *
 *     rel(i, j) = query(i) - key(j)      by the band that covers the pair
 *
 * With the bands come their window (how many of the nearest distances are exact), their capacity and the remedy for longer inputs.
 */
import {
  check,
  checkConfig,
  checkFunction,
  checkKeys,
  optional,
  positive,
  show,
  whole,
  withoutControls,
  type Rule,
} from "@ropewalk/check";
import { checkBandsOf } from "../bands/check-bands.ts";
import type { PositionMapping } from "../mapping.ts";

const isName: Rule = (where, name, value) => {
  if (typeof value !== "string" || value === "")
    throw new TypeError(`${where}: ${name} must be a text, got ${show(value)}`);
  check(
    value === withoutControls(value),
    `${where}: ${name} must be a text without control characters`,
    value,
    "string",
  );
};

const isSeen: Rule = (where, name, value) => {
  checkKeys(where, name, value as NonNullable<PositionMapping["seen"]>, { first: whole, last: positive });
};

/** How many tokens are looked at one by one before a mapping is accepted. */
const numTokensChecked = 256;

/**
 * The mapping, after its bands were checked.
 *
 * @throws RangeError when two bands cover the same pair, a query has no key, or a position is not finite; TypeError when a
 * part is missing or a key is not known.
 */
export const custom = (config: PositionMapping): PositionMapping => {
  const mapping = checkConfig("custom", config, {
    name: isName,
    bands: true,
    window: (where, name, value) => {
      if (value !== Infinity) positive(where, name, value);
    },
    seen: optional(isSeen),
    capacity: checkFunction,
    remedy: checkFunction,
  });
  checkBandsOf("custom", mapping, numTokensChecked);
  return mapping;
};
