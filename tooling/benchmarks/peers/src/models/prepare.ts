/** The models on the disk: one random checkpoint, and the same weights for every engine and precision. Made once and kept. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertCheckpoint, loadCheckpoint, type Checkpoint } from "@ropewalk/models";
import { openFolder, writeFolder } from "@ropewalk/models/node";
import { precisions, type Precision } from "../workload.ts";
import { writeLlamaGguf, type GgufPrecision } from "./llama-gguf.ts";
import { writeOnnxFolder } from "./onnx-folder.ts";

/** Paths of one precision's model, by engine. */
export type Models = { readonly ropewalk: string; readonly transformersJs: string; readonly nodeLlamaCpp: string };

export type Prepared = {
  readonly vocabSize: number;
  readonly byPrecision: Readonly<Record<Precision, Models>>;
  /** llama.cpp's weights in float32, to compare tokens with. */
  readonly float32Gguf: string;
};

/** Tokens that the other engines' files have positions for. */
export const positions = 16_384;

const root = join(tmpdir(), "ropewalk-bench-peers");
const ggufPrecision: Readonly<Record<Precision, GgufPrecision>> = { float32: "f16", q8: "q8_0", q4: "q4_0" };

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A file or folder of the temporary folder, made where it is not there; one that was not finished is made anew. */
const made = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
  const path = join(root, name);
  if (await exists(path)) return path;
  console.error(`making ${path}`);
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await make(unfinished);
  await rename(unfinished, path);
  return path;
};

const randomCheckpoint = (folder: string): Promise<unknown> =>
  promisify(execFile)(process.execPath, [
    "--conditions=@ropewalk/source",
    fileURLToPath(new URL("../../../src/random-checkpoint.ts", import.meta.url)),
    ...["--shape", "llama-134m", "--type", "F32", "--shards", "1", "--output", folder],
  ]);

const load = async (folder: string): Promise<Checkpoint> => loadCheckpoint(await openFolder(folder));

/** @param fresh - throws away what an earlier run has made */
export const prepareModels = async ({ fresh }: { readonly fresh: boolean }): Promise<Prepared> => {
  if (fresh) await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const dense = await made("ropewalk-float32", randomCheckpoint);
  const checkpoint = await load(dense);
  const { rms_norm_eps: epsilon } = JSON.parse(await readFile(join(dense, "config.json"), "utf8")) as {
    readonly rms_norm_eps: number;
  };
  const gguf = (precision: GgufPrecision): Promise<string> =>
    made(`llama-${precision}.gguf`, (path) => writeLlamaGguf(path, checkpoint, { precision, epsilon, positions }));
  const modelsOf = async (precision: Precision): Promise<Models> => {
    const ropewalk =
      precision === "float32"
        ? dense
        : await made(`ropewalk-${precision}`, async (path) =>
            writeFolder(path, await convertCheckpoint(checkpoint, precision)),
          );
    const transformersJs = await made(`transformers-${precision}`, async (path) =>
      writeOnnxFolder(path, await load(ropewalk), { epsilon, positions }),
    );
    return { ropewalk, transformersJs, nodeLlamaCpp: await gguf(ggufPrecision[precision]) };
  };
  const byPrecision: Partial<Record<Precision, Models>> = {};
  for (const precision of precisions) byPrecision[precision] = await modelsOf(precision);
  return {
    vocabSize: checkpoint.decoder.vocabSize,
    byPrecision: byPrecision as Record<Precision, Models>,
    float32Gguf: await gguf("f32"),
  };
};
