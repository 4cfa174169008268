/** The SHA-256 of an encoded graph, under a name that says which graph it is. */
import { createHash } from "node:crypto";

export type GraphDigest = { readonly name: string; readonly digest: string };

export const digestOf = (name: string, encodedGraph: Uint8Array): GraphDigest => ({
  name: name.replaceAll(" ", "-"),
  digest: createHash("sha256").update(encodedGraph).digest("hex"),
});
