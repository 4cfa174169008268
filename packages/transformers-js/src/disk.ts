/** Files in Node. Imported when they are needed, so that a browser's bundle has none of it. */
import type { Cache } from "./environment.ts";
import { kindOf } from "./file-kind.ts";
import { bytesResponse } from "./respond.ts";

const modules = async () => {
  const [fs, path, os, stream] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("node:os"),
    import("node:stream"),
  ]);
  return { fs, files: fs.promises, path, os, stream };
};

export const isFile = async (path: string): Promise<boolean> => {
  const { files } = await modules();
  return (await files.stat(path).catch(() => undefined))?.isFile() ?? false;
};

export const readBytes = async (path: string): Promise<Uint8Array> => {
  const { files } = await modules();
  return files.readFile(path);
};

/** The form in which transformers.js wants a file: models and their data by path, so that they are not read. */
export const asFound = async (path: string): Promise<Response | string> =>
  ["model", "data"].includes(kindOf(path)) ? path : bytesResponse(await readBytes(path));

/**
 * The files that transformers.js keeps in `env.cacheDir`, at the same places.
 *
 * @param placeOf - where in the folder a request lies
 */
export const fileCache = (folder: string, placeOf: (request: string) => string): Cache => ({
  match: async (request) => {
    const { path } = await modules();
    const place = path.join(folder, placeOf(request));
    return (await isFile(place)) ? asFound(place) : undefined;
  },
  put: async (request, response, onProgress) => {
    const { files, fs, path, stream } = await modules();
    const place = path.join(folder, placeOf(request));
    await files.mkdir(path.dirname(place), { recursive: true });
    // A download that breaks off leaves nothing under the name.
    const partial = `${place}.${process.pid}.${crypto.randomUUID()}`;
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
      await stream.promises.pipeline(stream.Readable.fromWeb(body as never), fs.createWriteStream(partial));
      await files.rename(partial, place);
    } catch (error) {
      await files.rm(partial, { force: true });
      throw error;
    }
  },
  delete: async (request) => {
    const { files, path } = await modules();
    return files.unlink(path.join(folder, placeOf(request))).then(
      () => true,
      () => false,
    );
  },
});

export type Workspace = {
  /** Writes a model where its data files, found beside the original, lie beside it too. Gives the new path. */
  readonly writeModel: (original: string, model: Uint8Array, dataFiles: readonly string[]) => Promise<string>;
  /** Puts a data file beside the models that were written from the folder it lies in. */
  readonly addData: (original: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/**
 * Folders for rewritten models, one for each that originals lie in: ONNX Runtime takes data files from the model's own folder
 * alone. They are hard-linked where the disk allows it, and copied where it does not. The folders go with the process.
 *
 * @param parent - where the folders are made; absent: the system's folder for temporary files
 */
export const workspace = (parent: string | undefined): Workspace => {
  const made = new Map<string, Promise<string>>();
  const folders: string[] = [];
  let removeAtExit: (() => void) | undefined;
  const make = async (): Promise<string> => {
    const { files, fs, path, os } = await modules();
    if (parent !== undefined) await files.mkdir(parent, { recursive: true });
    const folder = await files.mkdtemp(path.join(parent ?? os.tmpdir(), "ropewalk-models-"));
    folders.push(folder);
    if (removeAtExit === undefined) {
      removeAtExit = () => folders.forEach((each) => fs.rmSync(each, { recursive: true, force: true }));
      process.once("exit", removeAtExit);
    }
    return folder;
  };
  const folderFor = async (original: string): Promise<string> => {
    const { path } = await modules();
    const from = path.dirname(original);
    if (!made.has(from)) made.set(from, make());
    return made.get(from)!;
  };
  const carried = new Map<string, Promise<void>>();
  const linkOrCopy = async (original: string, target: string): Promise<void> => {
    const { files, path } = await modules();
    await files.mkdir(path.dirname(target), { recursive: true });
    const real = await files.realpath(original);
    await files.link(real, target).catch(() => files.copyFile(real, target));
  };
  const carry = async (original: string, target: string): Promise<void> => {
    if (!carried.has(target)) carried.set(target, linkOrCopy(original, target));
    await carried.get(target);
  };
  return {
    writeModel: async (original, model, dataFiles) => {
      const { files, path } = await modules();
      const folder = await folderFor(original);
      for (const file of dataFiles) {
        const data = path.join(path.dirname(original), file);
        if (await isFile(data)) await carry(data, path.join(folder, file));
      }
      const target = path.join(folder, path.basename(original));
      await files.writeFile(target, model);
      return target;
    },
    addData: async (original) => {
      const { path } = await modules();
      await carry(original, path.join(await folderFor(original), path.basename(original)));
    },
    remove: async () => {
      if (folders.length === 0) return;
      const { files } = await modules();
      for (const folder of folders.splice(0)) await files.rm(folder, { recursive: true, force: true });
      if (removeAtExit) process.off("exit", removeAtExit);
      removeAtExit = undefined;
      made.clear();
      carried.clear();
    },
  };
};
