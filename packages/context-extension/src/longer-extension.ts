/** The same extension for a longer text: the number that grows with the length is chosen anew; all others stay. */
import { checkInteger } from "@ropewalk/check";
import { checkExtension } from "./check-extension.ts";
import type { ContextExtension } from "./extension.ts";
import { schemeMapping, type ConfiguredMapping, type MappingConfig } from "./mapping-config.ts";

/** The parameters of mappings that hold more tokens when they are larger, with the same window. */
const growing = ["groupSize", "factor", "shiftFrom"];

/**
 * The extension with the smallest larger parameter that holds `length` tokens; undefined if its mapping has no such parameter, or no
 * value holds them.
 *
 * @param trainedContext - the longest distance that the model knows, in tokens
 */
export const longerExtension = (
  extension: ContextExtension,
  trainedContext: number,
  length: number,
): ContextExtension | undefined => {
  checkExtension("longerExtension", extension);
  checkInteger("longerExtension", "trainedContext", trainedContext, 1);
  checkInteger("longerExtension", "length", length, 1);
  const config = extension.positions?.config as (MappingConfig & Readonly<Record<string, unknown>>) | undefined;
  const name = config && growing.find((each) => each in config);
  if (config === undefined || name === undefined) return undefined;
  const withValue = (value: number): ConfiguredMapping =>
    schemeMapping({ ...config, [name]: value } as unknown as MappingConfig);
  const holds = (value: number): boolean => {
    const mapping = withValue(value);
    return mapping.window <= trainedContext && mapping.capacity(trainedContext) >= length;
  };
  // A shift beyond the trained context holds nothing. For the other parameters, if any value holds the length, the length itself does.
  const most = holds(length) ? length : trainedContext;
  for (let value = Math.floor(config[name] as number) + 1; value <= most; value++)
    if (holds(value)) return { ...extension, positions: withValue(value) };
  return undefined;
};
