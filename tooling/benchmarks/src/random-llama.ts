/** The model that whole runs are measured on: a random Llama of 134M parameters in float32, made once and kept. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { kept } from "./kept.ts";

/** Its folder. */
export const randomLlama = (): Promise<string> =>
  kept("llama-134m-float32", (folder) =>
    promisify(execFile)(process.execPath, [
      "--conditions=@ropewalk/source",
      fileURLToPath(new URL("random-checkpoint.ts", import.meta.url)),
      ...["--shape", "llama-134m", "--type", "F32", "--shards", "1", "--output", folder],
    ]),
  );
