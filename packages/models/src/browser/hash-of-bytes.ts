/** What a blob of the hub's cache is named by, in a browser: sha256 of its content (64 digits), or git's sha1 of it (40). */
const digest = async (algorithm: "SHA-256" | "SHA-1", bytes: Uint8Array): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** The content's hash, of the kind that `like` is. */
export const hashOfBytes = (like: string, content: Uint8Array): Promise<string> => {
  if (like.length === 64) return digest("SHA-256", content);
  const header = new TextEncoder().encode(`blob ${content.length}\0`);
  const blob = new Uint8Array(header.length + content.length);
  blob.set(header);
  blob.set(content, header.length);
  return digest("SHA-1", blob);
};
