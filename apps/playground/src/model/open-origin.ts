/** Opens a model's folder in the worker: one row for each kind of origin. */
import { byKind, check } from "@ropewalk/check";
import { inMemory, openUrl, type CheckpointFolder } from "@ropewalk/models";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { openPreset } from "./presets/open-preset.ts";
import type { ModelOrigin } from "./model-origin.ts";
import { strings } from "../page/strings.ts";

const shipped = [passkey875k, stories260K];

/** A folder over files. A file is read only when it is asked for. */
const ofFiles = (name: string, files: Readonly<Record<string, File>>, gguf: string | undefined): CheckpointFolder => ({
  name,
  ...(gguf !== undefined && { gguf }),
  file: async (asked) => {
    const file = Object.hasOwn(files, asked) ? files[asked] : undefined;
    if (file === undefined) return undefined;
    try {
      return await inMemory(name, { [asked]: new Uint8Array(await file.arrayBuffer()) }).file(asked);
    } catch (error) {
      throw new RangeError(strings.errors.unread(asked, file.size, (error as Error).message), { cause: error });
    }
  },
});

export const openOrigin = (origin: ModelOrigin): CheckpointFolder | Promise<CheckpointFolder> =>
  byKind("openOrigin", "origin", origin, {
    shipped: ({ name }): CheckpointFolder | Promise<CheckpointFolder> => {
      const found = shipped.find((model) => model.name === name);
      check(
        found !== undefined,
        `openOrigin: name must be one of ${shipped.map((model) => model.name).join(", ")}`,
        name,
      );
      return openUrl(found!);
    },
    preset: ({ name }) => openPreset(name),
    files: ({ name, files, gguf }) => ofFiles(name, files, gguf),
    url: ({ href }) => openUrl(new URL(href)),
  });
