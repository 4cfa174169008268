/**
 * One file's content, from the hub into the cache. What has come stands in `<hash>.incomplete`, and its length says where to
 * go on: every request asks for the bytes from there to the end. It gets its name when its hash is right.
 *
 * Each piece is written at its own place, so that two processes that fetch the same file write the same bytes.
 */
import { HubApiError } from "@huggingface/hub";
import { constants } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { ask } from "./ask-hub.ts";
import { exists } from "./cache-folder.ts";
import { hashLike } from "./hash.ts";
import type { Hub } from "./hub-options.ts";
import { withinTime } from "../url/time-limit.ts";

export type Download = {
  readonly file: string;
  readonly address: string;
  /** In bytes. */
  readonly size: number;
  /** sha256 of the content (64 digits), or git's sha1 of it as a blob (40). */
  readonly hash: string;
};

const lengthOf = async (handle: FileHandle): Promise<number> => (await handle.stat()).size;

/** Writes all of a piece at its place. */
const writeAt = async (handle: FileHandle, piece: Uint8Array, place: number): Promise<void> => {
  for (let at = 0; at < piece.length;)
    at += (await handle.write(piece, at, piece.length - at, place + at)).bytesWritten;
};

/** Asks once for what is missing, and writes what comes. */
const fetchRest = (hub: Hub, { file, address, size }: Download, handle: FileHandle): Promise<void> =>
  withinTime(hub, async ({ fetch, alive }) => {
    const from = await lengthOf(handle);
    hub.onProgress({ file, done: from, total: size });
    const authorization = hub.token === undefined ? {} : { Authorization: `Bearer ${hub.token}` };
    const response = await fetch(address, { headers: { ...authorization, Range: `bytes=${from}-` } });
    if (!response.ok) throw new HubApiError(address, response.status, undefined, response.statusText);
    // Who ignores the range sends the file from its start.
    const range = response.headers.get("Content-Range");
    let done = response.status === 206 ? Number(/^bytes (\d+)-/.exec(range ?? "")?.[1]) : 0;
    if (!(done <= from)) throw new RangeError(`${file} from byte ${from} on in a range ${range}`);
    alive();
    for await (const piece of response.body ?? []) {
      alive();
      if (done + piece.length > size) throw new RangeError(`more than the ${size} bytes of ${file}`);
      await writeAt(handle, piece, done);
      alive();
      done += piece.length;
      hub.onProgress({ file, done, total: size });
    }
  });

/** As long as each request brings something, a broken one is followed by another. */
const fetchAll = async (hub: Hub, download: Download, handle: FileHandle): Promise<void> => {
  const { file, size } = download;
  // A longer file is no beginning of this one.
  if ((await lengthOf(handle)) > size) await handle.truncate();
  for (let before = await lengthOf(handle); before < size;) {
    const answer = await ask(hub, () => fetchRest(hub, download, handle));
    const now = await lengthOf(handle);
    if (now === before) {
      const why = answer.kind === "unreached" ? answer.why : `${hub.endpoint} sent no more`;
      throw new Error(
        `openHub: ${hub.id}: ${file} must have ${size} bytes, got ${now}: ${why}; what has come is kept in ${hub.cacheFolder}, and another try goes on from there`,
      );
    }
    before = now;
  }
};

const hashOf = (handle: FileHandle, { size, hash }: Download): Promise<string> =>
  hashLike(hash, size, handle.createReadStream({ start: 0, autoClose: false }));

/**
 * Brings a file's content to `path`.
 *
 * @throws Error naming the file and the address when the transfer breaks off, with what has come kept, or the hash is wrong
 */
export const fetchBlob = async (hub: Hub, download: Download, path: string): Promise<void> => {
  const incomplete = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(incomplete, constants.O_RDWR | constants.O_CREAT);
  let hash: string;
  try {
    await fetchAll(hub, download, handle);
    hash = await hashOf(handle, download);
  } finally {
    await handle.close();
  }
  if (hash !== download.hash) {
    await rm(incomplete, { force: true });
    throw new Error(
      `openHub: ${hub.id}: ${download.file} from ${hub.endpoint} must have the hash ${download.hash}, got ${hash}; it was thrown away`,
    );
  }
  await rename(incomplete, path).catch(async (error: unknown) => {
    // Another process was first.
    if (!(await exists(path))) throw error;
  });
};
