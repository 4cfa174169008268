import { checkArray, checkFinite, checkNumber } from "@ropewalk/check";
import type { Band, PositionMapping } from "./mapping.ts";

/** Checks that the window is no longer than the trained context. */
export const checkWindow = (where: string, window: number, trainedContext: number): void =>
  checkNumber(where, "window", window, window <= trainedContext, `<= trainedContext ${trainedContext}`);

/** @throws TypeError when `mapping` is not a mapping, for instance an extension that has a mapping. */
export const checkMapping = (where: string, mapping: PositionMapping): void =>
  checkArray(where, "mapping.bands", mapping?.bands, "Array");

/** The position that a band gives to a token. @throws RangeError when it is not finite; the message names band and token. */
export const positionIn = (
  where: string,
  bands: readonly Band[],
  index: number,
  side: "query" | "key",
  token: number,
): number => {
  const position = bands[index]![side](token);
  if (!Number.isFinite(position)) checkFinite(where, `bands[${index}].${side}(${token})`, position);
  return position;
};
