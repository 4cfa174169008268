/**
 * The few lines that git keeps in place of a large file until git-lfs has fetched it:
 *
 *     version https://git-lfs.github.com/spec/v1
 *     oid sha256:…
 *     size 4976698672
 */
import type { ByteSource } from "./checkpoint-folder.ts";

const firstLine = "version https://git-lfs.github.com/spec/";

/** Longer than any pointer. */
const longest = 1024;

/**
 * @param where - the function that errors name
 * @throws RangeError naming the file when it is a pointer
 */
export const checkNoPointer = async (where: string, file: string, source: ByteSource): Promise<void> => {
  if (source.size < firstLine.length || source.size > longest) return;
  const text = new TextDecoder().decode(await source.read(0, source.size));
  if (!text.startsWith(firstLine)) return;
  const size = /^size (\d+)$/m.exec(text)?.[1];
  throw new RangeError(
    `${where}: ${file} must be the file itself, got a git-lfs pointer${size === undefined ? "" : ` to ${size} bytes`}; ` +
      '"git lfs pull" fetches what it points to',
  );
};
