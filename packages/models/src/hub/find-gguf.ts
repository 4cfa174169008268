/** The GGUF file of a repository that a short name means: `Q4_K_M` is the one file, or the one model in several files, with that in its name. */
import { check, show } from "@ropewalk/check";
import { ggufModels } from "../gguf/model-names.ts";

/** Parts of a name stand between these. */
const border = "[-._/]";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * @param at - what errors begin with
 * @param asked - a file's name, or a part of it; capitals do not count
 * @param files - the names of all files of the repository
 * @returns the file's name; of a model in several files that of the first
 * @throws RangeError that lists the GGUF files, where none or more than one is meant
 */
export const findGguf = (at: string, asked: string, files: readonly string[]): string => {
  const named = new RegExp(`(?:^|${border})${escaped(asked)}(?:${border}|$)`, "i");
  const models = ggufModels(files);
  const found = models.includes(asked) ? [asked] : models.filter((file) => named.test(file));
  check(
    found.length === 1,
    `${at} must have one GGUF file for ${show(asked)}, of ${show(models)}`,
    found.length === 0 ? undefined : found,
  );
  return found[0]!;
};
