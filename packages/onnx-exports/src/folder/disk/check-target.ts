import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { check } from "../../errors.ts";

/** A path without its links, also if its end does not exist yet. */
const withoutLinks = (path: string): Promise<string> =>
  realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await withoutLinks(dirname(path)), basename(path)),
  );

/** @throws RangeError when the target is the source or inside it, or has files */
export const checkTarget = async (source: string, target: string): Promise<void> => {
  const sourcePath = await withoutLinks(resolve(source));
  const targetPath = await withoutLinks(resolve(target));
  const isOutside = targetPath !== sourcePath && !targetPath.startsWith(sourcePath + sep);
  check(isOutside, "target must lie outside of source", `"${target}"`);
  const present = await readdir(target).catch(() => []);
  check(present.length === 0, "target must be empty or absent", `"${target}" with ${present.length} files`);
};
