/** Reads and writes files on a disk, in Node. In a browser `no-disk.ts` replaces this file. */
import { createWriteStream } from "node:fs";
import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ownFolder } from "@ropewalk/models/node";
import type { Cache } from "../loading/environment.ts";
import { kindOf } from "../loading/file-kind.ts";
import { bytesResponse } from "../loading/responses.ts";

export { workspace, type Workspace } from "./workspace.ts";

export const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;

export const readBytes = (path: string): Promise<Uint8Array> => readFile(path);

/** The bytes [from, to) of a file; undefined if the file is shorter. */
export const readPart = async (path: string, from: number, to: number): Promise<Uint8Array | undefined> => {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(to - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytesRead === bytes.length ? bytes : undefined;
  } finally {
    await file.close();
  }
};

/** A file in the form that transformers.js takes: models and their data as paths, which need no reading here; other files as responses. */
export const asFound = async (path: string): Promise<Response | string> =>
  ["model", "data"].includes(kindOf(path)) ? path : bytesResponse(await readBytes(path));

/**
 * A cache in a folder, with the files at the places where transformers.js keeps them in `env.cacheDir`.
 *
 * @param placeOf - gives the place of a request's file in the folder
 */
export const fileCache = (folder: string, placeOf: (request: string) => string): Cache => ({
  match: async (request) => {
    const place = join(folder, placeOf(request));
    return (await isFile(place)) ? asFound(place) : undefined;
  },
  put: async (request, response, onProgress) => {
    const place = join(folder, placeOf(request));
    // A download that fails, or whose process ends, leaves no part of the file behind.
    const temporary = await ownFolder(folder, ".ropewalk-download");
    const partial = join(temporary.path, "file");
    const total = Number(response.headers.get("content-length") ?? 0);
    let loaded = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        loaded += chunk.length;
        onProgress?.({ progress: total === 0 ? 0 : (100 * loaded) / total, loaded, total });
        controller.enqueue(chunk);
      },
    });
    try {
      const body = response.body?.pipeThrough(counted) ?? new ReadableStream();
      await pipeline(Readable.fromWeb(body as never), createWriteStream(partial, { flags: "wx" }));
      await mkdir(dirname(place), { recursive: true });
      await rename(partial, place);
    } finally {
      await temporary.remove();
    }
  },
  delete: (request) =>
    unlink(join(folder, placeOf(request))).then(
      () => true,
      () => false,
    ),
});
