/** A checkpoint with tuned weights in memory. It loads like any other, under the extension that it was tuned with. */
import { sizeOf } from "@ropewalk/backend";
import type { WeightLocation } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import type { ModelSource } from "@ropewalk/generation";
import { inMemory, type Checkpoint } from "@ropewalk/models";
import type { Parameters } from "../optimizer/adam-w.ts";
import { checkUnadapted } from "./learnable-weights.ts";
import { needTunable } from "./need-tunable.ts";

/**
 * The checkpoint with these float32 weights in memory instead of its own. `loadModel({ source, text }, …)` runs it.
 *
 * @throws TypeError for an ONNX export; RangeError when a tensor that the decoder reads is missing, or has another number of elements
 */
export const tunedCheckpoint = async (source: ModelSource, parameters: Parameters): Promise<Checkpoint> => {
  const checkpoint = needTunable("tunedCheckpoint", source);
  checkUnadapted("tunedCheckpoint", checkpoint);
  const { decoder } = checkpoint;
  const places = new Map<string, WeightLocation>();
  const contents: Record<string, Uint8Array> = {};
  for (const [name, dims] of Object.entries(decoder.tensors)) {
    const data = parameters[name]?.data;
    const size = sizeOf(dims);
    check(data?.length === size, `tunedCheckpoint: parameters["${name}"] must have ${size} elements`, data?.length);
    contents[name] = new Uint8Array(data!.slice().buffer);
    places.set(name, { location: name, offset: 0, length: 4 * size, type: "float32" });
  }
  const folder = inMemory(checkpoint.name, contents);
  const files = await Promise.all(Object.keys(contents).map(async (name) => (await folder.file(name))!));
  return { ...checkpoint, files, locate: (name) => places.get(name)!, locateBlocks: () => undefined };
};
