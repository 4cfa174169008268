/** Models that the writers read. */
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inRepository } from "@ropewalk/testing/repository";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { onnxExports } from "@ropewalk/testing/vectors";

/** The models that ship, by their paths. */
export const modelFolders = {
  stories: fileURLToPath(stories260K.url),
  passkey: fileURLToPath(passkey875k.url),
};

/** An export with so many bytes of weights that copying them takes a moment. */
export const layExport = (folder: string, bytes: number): void => {
  cpSync(fileURLToPath(inRepository(`${onnxExports}/genai-cpu-llama/`)), folder, { recursive: true });
  for (const file of ["", ...readdirSync(folder)]) chmodSync(join(folder, file), 0o755);
  const data = join(folder, "model.onnx_data");
  writeFileSync(data, Buffer.concat([readFileSync(data), Buffer.alloc(bytes, 7)]));
};

export const layText = (path: string, times: number): void =>
  writeFileSync(path, "Once upon a time, there was a little girl. ".repeat(times));
