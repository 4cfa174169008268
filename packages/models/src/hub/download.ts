/**
 * The content of one file of the hub, as far as it is not here yet. As long as each request brings something, a broken one is followed
 * by another that asks for the bytes from there to the end.
 *
 * Each piece is written at its own place, so that two processes that fetch the same file write the same bytes.
 */
import { withinTime } from "../url/time-limit.ts";
import { ask, ours, RefusedByHub } from "./ask-hub.ts";
import { authorization, type HubFile } from "./hub-api.ts";
import type { Hub } from "./hub-options.ts";

/** Where the content is put together. */
export type DownloadTarget = {
  /** How many bytes are there, from the file's beginning on. */
  readonly length: () => Promise<number>;
  readonly write: (piece: Uint8Array, place: number) => Promise<void>;
  /** Throws away what is there. */
  readonly clear: () => Promise<void>;
  /** A clause for errors: what happens to the bytes that are there when a download breaks. */
  readonly whenBroken: string;
};

/** The pieces of an answer. Not every browser can iterate over the stream itself. */
const piecesOf = async function* (body: Response["body"]): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // After an error no more is wanted, and a stream that has failed need not be told so.
    await reader.cancel().catch(() => {});
  }
};

/** Where a partial answer begins. A page is not always shown the header; the hash tells whether the bytes are those asked for. */
const startOf = (range: string | null, from: number): number =>
  range === null ? from : Number(/^bytes (\d+)-/.exec(range)?.[1]);

/** Asks once for what is missing, and writes what comes. */
const fetchRest = (hub: Hub, { file, address, size }: HubFile, target: DownloadTarget): Promise<void> =>
  withinTime(hub, async ({ fetch, alive }) => {
    const from = await ours(target.length);
    await ours(() => hub.onProgress({ file, done: from, total: size }));
    const response = await fetch(address, { headers: { ...authorization(hub), Range: `bytes=${from}-` } });
    if (!response.ok) throw new RefusedByHub(response.status, response.statusText);
    // A server that ignores the range sends the file from its start.
    const range = response.headers.get("Content-Range");
    let done = response.status === 206 ? startOf(range, from) : 0;
    if (!(done <= from)) throw new RangeError(`${file} from byte ${from} on in a range ${range}`);
    alive();
    for await (const piece of piecesOf(response.body)) {
      alive();
      if (done + piece.length > size) throw new RangeError(`more than the ${size} bytes of ${file}`);
      await ours(() => target.write(piece, done));
      alive();
      done += piece.length;
      await ours(() => hub.onProgress({ file, done, total: size }));
    }
  });

/**
 * Brings a file's content to the target.
 *
 * @throws Error naming the file and the address when the transfer breaks off and another request brings nothing
 */
export const download = async (hub: Hub, content: HubFile, target: DownloadTarget): Promise<void> => {
  const { file, size } = content;
  // A longer file is no beginning of this one.
  if ((await target.length()) > size) await target.clear();
  for (let before = await target.length(); before < size;) {
    const answer = await ask(hub, () => fetchRest(hub, content, target));
    const now = await target.length();
    if (now === before) {
      const why = answer.kind === "unreached" ? answer.why : `${hub.endpoint} sent no more`;
      throw new Error(`openHub: ${hub.id}: ${file} must have ${size} bytes, got ${now}: ${why}; ${target.whenBroken}`);
    }
    before = now;
  }
};

/** @throws Error naming the file and both hashes */
export const checkHash = ({ id, endpoint }: Hub, { file, hash }: HubFile, got: string): void => {
  if (got !== hash)
    throw new Error(
      `openHub: ${id}: ${file} from ${endpoint} must have the hash ${hash}, got ${got}; it was thrown away`,
    );
};
