import { checkArray, checkFinite, checkNumber } from "@ropewalk/check";
import type { Band, PositionMapping } from "./mapping.ts";

/** Checks that the near band stays within what the model was trained on. */
export const checkWindow = (where: string, window: number, trainedContext: number): void =>
  checkNumber(where, "window", window, window <= trainedContext, `<= trainedContext ${trainedContext}`);

/** @throws TypeError when the value is none, such as an extension that has one. */
export const checkMapping = (where: string, mapping: PositionMapping): void =>
  checkArray(where, "mapping.bands", mapping?.bands, "Array");

/** The position that a band gives to a token. @throws RangeError when it is not finite; the message has band and token. */
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
