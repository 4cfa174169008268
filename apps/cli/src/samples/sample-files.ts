/** Files of samples, by the flags that named them. */
import { readText, standardInput } from "../input/read-file.ts";

export type Files = {
  /** The name of a file in parameters and messages. */
  readonly nameOf: (path: string) => string;
  readonly read: (name: string) => Promise<string>;
  /** The text of standard input, which is read once and sent to workers. */
  readonly texts: Readonly<Record<string, string>>;
};

const inputName = "standard input";

/**
 * @param flags - each flag with the files that it names
 * @throws Error when standard input is named twice, or cannot be read
 */
export const openFiles = async (flags: Readonly<Record<string, readonly string[]>>): Promise<Files> => {
  const named = Object.entries(flags).flatMap(([flag, names]) => names.map((name) => ({ flag, name })));
  const piped = named.filter(({ name }) => name === standardInput);
  if (piped.length > 1)
    throw new RangeError(`${piped[1]!.flag}: standard input must be named once, got it for ${piped[0]!.flag} as well`);
  const texts: Record<string, string> =
    piped.length === 0 ? {} : { [inputName]: await readText(piped[0]!.flag, standardInput) };
  const flagOf = new Map(named.map(({ flag, name }) => [name, flag]));
  return {
    nameOf: (path) => (path === standardInput ? inputName : path),
    read: async (name) => (Object.hasOwn(texts, name) ? texts[name]! : readText(flagOf.get(name) ?? "--data", name)),
    texts,
  };
};
