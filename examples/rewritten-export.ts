/** Writes the folder of an ONNX export anew with a longer window, for any program that runs the old one. */
import { readFile } from "node:fs/promises";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { extendFolder } from "@ropewalk/onnx-exports/node";
import { InferenceSession } from "onnxruntime-node";

const [from, to] = process.argv.slice(2) as [string, string];
const extension = compose(selfExtend({ groupSize: 10, window: 64 }), logN({ trainedContext: 256 }));
const { capacity } = await extendFolder({ extension }, from, to);

const config = JSON.parse(await readFile(`${to}/config.json`, "utf8")) as { readonly max_position_embeddings: number };
console.log(`${capacity} tokens; its config says ${config.max_position_embeddings}`);

// The same inputs and outputs as before.
const [before, after] = await Promise.all(
  [from, to].map((folder) => InferenceSession.create(`${folder}/onnx/model.onnx`, { logSeverityLevel: 3 })),
);
console.log("the same inputs:", before!.inputNames.join() === after!.inputNames.join());
console.log("the same outputs:", before!.outputNames.join() === after!.outputNames.join());
