/**
 * A text and a hash for a JSON value. Equal values have equal ones, on any machine.
 *
 *   canonical(value)   JSON without spaces, the keys of every object in order (RFC 8785)
 *   hash(value)        SHA-256 of that, as 64 hexadecimal digits
 */
import { check } from "@ropewalk/check";
import { digest, toHex } from "./digest.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type JsonObject = { readonly [key: string]: Json };

const sorted = (_: string, value: unknown): unknown => {
  check(typeof value !== "number" || Number.isFinite(value), "canonical: a number must be finite", value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, (value as Readonly<Record<string, unknown>>)[key]]));
};

/** The same text for a value whatever the order of its keys. Keys whose value is undefined are left out. */
export const canonical = (value: object): string => JSON.stringify(value, sorted);

/** SHA-256, in hexadecimal. */
export const sha256 = async (bytes: Uint8Array): Promise<string> => toHex(await digest("SHA-256", bytes));

/** SHA-256 of the canonical text, in hexadecimal. */
export const hashOf = (value: object): Promise<string> => sha256(new TextEncoder().encode(canonical(value)));
