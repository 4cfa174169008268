/** Opens a model's folder in the worker: one row for each kind of origin. */
import { byKind, check } from "@ropewalk/check";
import { openFiles, openUrl, type CheckpointFolder } from "@ropewalk/models";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { openPreset } from "./presets/open-preset.ts";
import { inPlace, type ModelOrigin } from "./model-origin.ts";

const shipped = [passkey875k, stories260K];

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
    files: ({ files }) => openFiles(files.map(inPlace)),
    url: ({ href }) => openUrl(new URL(href)),
  });
