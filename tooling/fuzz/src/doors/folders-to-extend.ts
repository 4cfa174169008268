import { selfExtend } from "@ropewalk/context-extension";
import { extendFolder } from "@ropewalk/onnx-exports/node";
import { onnxExports } from "@ropewalk/testing/vectors";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import { bytesOf, filesOf, textOf, type Files } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

/** Exports on a disk, of which a folder is written. */
export const foldersToExtend = defineDoor<Files>({
  name: "folders to extend",
  seeds: () => ["genai-cpu-llama", "torch-dynamo-llama"].map((name) => filesOf(`${onnxExports}/${name}`)),
  mutate: (files) =>
    fc.oneof(
      ...Object.entries(files)
        .filter(([name]) => name.endsWith(".json") || name === "model.onnx")
        .map(([name, bytes]) =>
          (name === "model.onnx" ? mutateBytes(bytes) : mutateJsonText(textOf(bytes)).map(bytesOf)).map(
            (changed): Files => ({ ...files, [name]: changed }),
          ),
        ),
    ),
  call: async (files, { folder }) => {
    const [source, target] = [join(folder, "source"), join(folder, "target")];
    mkdirSync(source);
    try {
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes);
      await extendFolder({ extension: selfExtend({ groupSize: 4, window: 16 }) }, source, target);
    } finally {
      rmSync(source, { recursive: true });
      rmSync(target, { recursive: true, force: true });
    }
  },
});
