/** The model that whole runs are measured on: a random Llama of 134M parameters in float32, one of more layers, and one rounded to blocks. */
import { convertCheckpoint, loadCheckpoint, type Precision } from "@ropewalk/models";
import { openFolder, writeFolder } from "@ropewalk/models/node";
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

/** The folder of the random Llama rounded to 4 or 8 bits, which is made at the first call. */
export const roundedLlama = (precision: Precision): Promise<string> =>
  madeOnce(`llama-134m-${precision}`, async (folder) =>
    writeFolder(
      folder,
      await convertCheckpoint(await loadCheckpoint(await openFolder(await randomLlama())), precision),
    ),
  );
