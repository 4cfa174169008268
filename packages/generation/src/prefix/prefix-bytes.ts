/** The bytes that several prefixes hold together. Shared buffers count once. */
import { bytesOfBuffer } from "@ropewalk/backend";
import { check } from "@ropewalk/check";
import { isPrefix, type AnyPrefix, type Prefix } from "./prefix.ts";

export const prefixBytes = (prefixes: readonly AnyPrefix[]): number => {
  check(Array.isArray(prefixes), "prefixBytes: prefixes must be a list", prefixes, "object");
  const buffers = prefixes.flatMap((prefix, index) => {
    isPrefix("prefixBytes", `prefixes[${index}]`, prefix);
    return [...(prefix as Prefix).cache.backend.held.keys()];
  });
  return [...new Set(buffers)].reduce((sum, buffer) => sum + bytesOfBuffer(buffer), 0);
};
