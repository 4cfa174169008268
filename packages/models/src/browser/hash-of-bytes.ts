/** The hash that names a blob of the hub, in a browser: sha256 of its content (64 digits), or git's sha1 of it (40). */
import { digest, toHex } from "../hashing/digest.ts";

/** The content's hash, of the same kind as `like`. */
export const hashOfBytes = async (like: string, content: Uint8Array): Promise<string> => {
  if (like.length === 64) return toHex(await digest("SHA-256", content));
  const header = new TextEncoder().encode(`blob ${content.length}\0`);
  const blob = new Uint8Array(header.length + content.length);
  blob.set(header);
  blob.set(content, header.length);
  return toHex(await digest("SHA-1", blob));
};
