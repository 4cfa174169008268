/** The model that whole runs are measured on: a random Llama of 134M parameters in float32, or one of more layers. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { madeOnce } from "./made-once.ts";

/** The folder of the random Llama, which is made at the first call. */
export const randomLlama = (layers = 12): Promise<string> =>
  madeOnce(layers === 12 ? "llama-134m-float32" : `llama-134m-float32-${layers}-layers`, (folder) =>
    promisify(execFile)(process.execPath, [
      "--conditions=@ropewalk/source",
      fileURLToPath(new URL("random-checkpoint.ts", import.meta.url)),
      "--shape",
      "llama-134m",
      "--type",
      "F32",
      "--shards",
      "1",
      "--layers",
      `${layers}`,
      "--output",
      folder,
    ]),
  );
