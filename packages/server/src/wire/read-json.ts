/** Reads a request's body as JSON, up to a limit: a longer body is refused before it is in memory. */
import { isWireError, wireError, type WireError } from "./error.ts";

const tooLarge = (most: number): WireError =>
  wireError(413, `The body must be at most ${most} bytes.`, { code: "request_too_large" });

const readBytes = async (body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > most) throw tooLarge(most);
    pieces.push(piece);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

/** Keys that every object of the language has: a program that looks one up finds it in any body, and none would notice it in this one. */
const inherited: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** @throws WireError 400 for a key, at any depth, that every object has */
const parse = (text: string): unknown => {
  let found: string | undefined;
  const note = (key: string, value: unknown): unknown => {
    if (inherited.has(key)) found = key;
    return value;
  };
  // Hardly any body needs the second look. A letter of the key may be written as an escape.
  const body: unknown = /proto|constructor|\\u/.test(text) ? JSON.parse(text, note) : JSON.parse(text);
  if (found !== undefined)
    throw wireError(400, `${found} is not a known parameter.`, { param: found, code: "unknown_parameter" });
  return body;
};

/** @throws WireError 415 for another content type, 413 for a body that is too large, 400 for a body that is not JSON, or has a key that every object has */
export const readJson = async (request: Request, maxBodyBytes: number): Promise<unknown> => {
  const type = request.headers.get("content-type") ?? "";
  // Browsers let pages of other sites send forms and plain text without a preflight request, but not JSON.
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type))
    throw wireError(415, `The content-type must be application/json, got ${type === "" ? "none" : type}.`, {
      code: "unsupported_media_type",
    });
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const bytes = request.body === null ? new Uint8Array() : await readBytes(request.body, maxBodyBytes);
  try {
    return parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (isWireError(error)) throw error;
    throw wireError(400, "The body must be JSON in UTF-8.", { code: "invalid_json" });
  }
};
