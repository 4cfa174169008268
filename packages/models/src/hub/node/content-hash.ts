/** The hash that names a blob of the cache, in Node: sha256 of its content (64 digits), or git's sha1 of it (40). */
import { createHash } from "node:crypto";

/** The content's hash, of the same kind as `like`. */
export const hashLike = async (like: string, size: number, content: AsyncIterable<unknown>): Promise<string> => {
  const digest = like.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const piece of content) digest.update(piece as Uint8Array);
  return digest.digest("hex");
};
