/** The models on the disk: one random checkpoint, and the same weights for every engine and precision. Made once and kept. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCheckpoint, type Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { writeOnnxFolder } from "@ropewalk/testing/exports/llama-export";
import { discardMade, madeOnce } from "../../../src/models/made-once.ts";
import { randomLlama, roundedLlama } from "../../../src/models/random-llama.ts";
import {
  checkpointPrecisions,
  ggufPrecisions,
  type CheckpointPrecision,
  type EngineName,
  type Precision,
} from "../workload.ts";
import { writeLlamaGguf, type GgufPrecision } from "./llama-gguf.ts";

/** Paths of one precision's model, by engine. A GGUF file is one for all that read it. */
export type Models = { readonly ropewalk: string; readonly transformersJs?: string; readonly nodeLlamaCpp: string };

const paths: Readonly<Record<EngineName, (models: Models) => string | undefined>> = {
  ropewalk: ({ ropewalk }) => ropewalk,
  "transformers.js": ({ transformersJs }) => transformersJs,
  "transformers.js+ropewalk": ({ transformersJs }) => transformersJs,
  "node-llama-cpp": ({ nodeLlamaCpp }) => nodeLlamaCpp,
};

/** Which of them an engine reads. @throws RangeError where none is for it */
export const modelOf = (engine: EngineName, models: Models): string => {
  const path = paths[engine](models);
  if (path === undefined) throw new RangeError(`modelOf: engine must read GGUF files, got ${engine}`);
  return path;
};

export type Prepared = {
  readonly vocabSize: number;
  readonly byPrecision: Readonly<Record<Precision, Models>>;
  /** llama.cpp's weights in float32, to compare tokens with. */
  readonly float32Gguf: string;
};

/** Tokens that the other engines' files have positions for. */
export const positions = 16_384;

/** What llama.cpp has beside the others' own files. */
const ggufPrecision: Readonly<Record<CheckpointPrecision, GgufPrecision>> = { float32: "f16", q8: "q8_0", q4: "q4_0" };

const load = async (folder: string): Promise<Checkpoint> => loadCheckpoint(await openFolder(folder));

/** @param fresh - throws away what an earlier run has made */
export const prepareModels = async ({ fresh }: { readonly fresh: boolean }): Promise<Prepared> => {
  if (fresh) await discardMade();
  const dense = await randomLlama();
  const checkpoint = await load(dense);
  const { rms_norm_eps: epsilon } = JSON.parse(await readFile(join(dense, "config.json"), "utf8")) as {
    readonly rms_norm_eps: number;
  };
  const gguf = (precision: GgufPrecision): Promise<string> =>
    madeOnce(`llama-${precision}.gguf`, (path) => writeLlamaGguf(path, checkpoint, { precision, epsilon, positions }));
  const modelsOf = async (precision: CheckpointPrecision): Promise<Models> => {
    const ropewalk = precision === "float32" ? dense : await roundedLlama(precision);
    const transformersJs = await madeOnce(`transformers-${precision}`, async (path) =>
      writeOnnxFolder(path, await load(ropewalk), { epsilon, positions }),
    );
    return { ropewalk, transformersJs, nodeLlamaCpp: await gguf(ggufPrecision[precision]) };
  };
  const byPrecision: Partial<Record<Precision, Models>> = {};
  for (const precision of checkpointPrecisions) byPrecision[precision] = await modelsOf(precision);
  for (const precision of ggufPrecisions) {
    const file = await gguf(precision);
    byPrecision[precision] = { ropewalk: file, nodeLlamaCpp: file };
  }
  return {
    vocabSize: checkpoint.decoder.vocabSize,
    byPrecision: byPrecision as Record<Precision, Models>,
    float32Gguf: await gguf("f32"),
  };
};
