/** A checkpoint's weights as parameters: float32 copies in memory that training may change. */
import type { Decoder, WeightSource } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { readDense, type Checkpoint } from "@ropewalk/models";
import { needTunable } from "./need-tunable.ts";
import type { Parameter, Parameters } from "../optimizer/adam-w.ts";

/** @throws RangeError when a checkpoint has adapters: weights learned beside them would be right only together with them */
export const checkUnadapted = (where: string, { name, adapters }: Checkpoint): void =>
  check(
    adapters === undefined || adapters.size === 0,
    `${where}: ${name} must be without adapters, or have them merged (convertCheckpoint) or beside a new one (lora)`,
    `adapters beside ${adapters?.size} matrices`,
  );

/** @throws RangeError when weights are stored in blocks of a few bits, which cannot be learned, or have adapters beside them; TypeError for a GGUF file */
export const checkLearnable = (where: string, checkpoint: Checkpoint): void => {
  checkUnadapted(where, needTunable(where, checkpoint));
  const { decoder, locateBlocks }: { readonly decoder: Decoder } & WeightSource = checkpoint;
  for (const name of Object.keys(decoder.tensors))
    if (locateBlocks?.(name) !== undefined)
      throw new RangeError(
        `${where}: ${name} must be stored in float32, float16 or bfloat16, got blocks of a few bits; beside those an adapter is learned (lora)`,
      );
};

/**
 * Every tensor that the decoder reads, by name.
 *
 * @throws RangeError when weights are stored in blocks of a few bits, which cannot be learned, or have adapters beside them
 */
export const readParameters = async (checkpoint: Checkpoint): Promise<Parameters> => {
  checkLearnable("readParameters", checkpoint);
  const read: [string, Parameter][] = [];
  for (const [name, dims] of Object.entries(checkpoint.decoder.tensors))
    read.push([name, { dims, data: await readDense(checkpoint, name) }]);
  return Object.fromEntries(read);
};
