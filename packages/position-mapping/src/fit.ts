/**
 * The search for parameters that hold an input of N tokens, by the mapping's own capacity, and the words that name them in an
 * error. The mappings have two parameters: the window, and a value such as the group size.
 */
import { defaultWindow } from "./defaults.ts";
import type { PositionMapping } from "./mapping.ts";

type CapacityOf = (value: number, window: number, trainedContext: number) => number;

/** The smallest whole value that holds `length` tokens with this window; undefined when none does. */
export const smallestValue = (
  capacityOf: CapacityOf,
  window: number,
  trainedContext: number,
  length: number,
): number | undefined => {
  // If any value holds N tokens, the value N does, so the search ends there.
  for (let value = window > trainedContext ? length : 0; value++ < length;)
    if (capacityOf(value, window, trainedContext) >= length) return value;
  return undefined;
};

/** The largest window that holds `length` tokens with this value; undefined when none does. */
export const widestWindow = (
  capacityOf: CapacityOf,
  value: number,
  trainedContext: number,
  length: number,
): number | undefined => {
  for (let window = trainedContext; window > 0; window--) {
    if (capacityOf(value, window, trainedContext) >= length) return window;
  }
  return undefined;
};

/** The words that end an error: any one of the options would fit. */
export const wouldFit = (options: readonly string[]): string => `${options.join(" or ") || "nothing"} would fit`;

/**
 * In words: the value that holds `length` tokens with this window, and the window that holds them with this value. If there is
 * neither, the value that holds them with the default window.
 */
export const remedyOf =
  (name: string, capacityOf: CapacityOf, value: number, window: number): PositionMapping["remedy"] =>
  (trainedContext, length) => {
    const inWords = (v: number | undefined, w: number | undefined): string[] =>
      v && w ? [`${name} ${v} with window ${w}`] : [];
    const withWindow = (w: number): string[] => inWords(smallestValue(capacityOf, w, trainedContext, length), w);
    const options = [...withWindow(window), ...inWords(value, widestWindow(capacityOf, value, trainedContext, length))];
    return wouldFit(options.length ? options : withWindow(defaultWindow(trainedContext)));
  };
