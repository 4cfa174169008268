/** Which names of files are those of GGUF models, on a disk and on the hub alike. */
import { check } from "@ropewalk/check";
import { splitNames, tensorTypes } from "@ropewalk/gguf";

const suffix = /\.gguf$/i;

/** Whether a file is named as GGUF files are. One of another name may be one too: its first bytes say so. */
export const isGgufName = (name: string): boolean => suffix.test(name);

/** The name of a model, by that of its file. */
export const withoutSuffix = (name: string): string => name.replace(suffix, "");

/** Such a file is a model's eyes, not a model: `mmproj-m-f16.gguf`. */
const eyes = /(?:^|[-._/])mmproj(?:[-._]|$)/i;

/** The models among files, each by its file, or by the first of its files; in the order of the names that are given. */
export const ggufModels = (files: readonly string[]): readonly string[] => {
  const models = files.filter((name) => isGgufName(name) && !eyes.test(name));
  return [...new Set(models.map((name) => splitNames(name)[0]!))];
};

/** Names of types and of their mixtures that no file which is read has, as they stand in names of files. */
const unread = /(?:^|[-._/])((?:IQ\d|TQ\d|MXFP\d|NVFP\d)(?:_\w+)?)(?=[-./]|$)/i;

/**
 * Checks a file by its name, before it is fetched.
 *
 * @throws RangeError that lists the types that are read, where the name says that it has another
 */
export const checkReadByName = (at: string, name: string): void => {
  const type = unread.exec(name)?.[1];
  check(type === undefined, `${at}: ${name} must have tensors of the types ${tensorTypes.join(", ")}`, type);
};
