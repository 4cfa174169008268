/** Where a run's states are kept while it goes on: beside the folder that the model goes to, so that a run that ends early is gone on with. */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { identifyRun, type TrainConfig, type TrainState } from "@ropewalk/finetune";
import { readState, removeStates, stateIn, writeState } from "@ropewalk/finetune/node";

/** @throws RangeError when the folder is there with something in it: that would be told at the end of the run alone */
export const checkOutput = async (output: string): Promise<void> => {
  const there = await readdir(output).catch(({ code }: NodeJS.ErrnoException) => code);
  const got = there === "ENOENT" ? [] : there;
  if (!Array.isArray(got) || got.length > 0)
    throw new RangeError(
      `finetune: --output must be a folder that is empty or not there yet, got ${output}, ${Array.isArray(got) ? `with ${got.length} files` : String(got)}`,
    );
};

export type States = {
  readonly folder: string;
  /** Where an earlier run stood. */
  readonly start: TrainState | undefined;
  readonly write: (state: TrainState) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/**
 * @throws RangeError when a run is to be gone on with and there is none, or is there and is not to be; or it is another
 */
export const openStates = async (output: string, training: TrainConfig, resume: boolean): Promise<States> => {
  const folder = `${resolve(output)}.training`;
  const step = await stateIn(folder);
  if (step !== undefined && !resume)
    throw new RangeError(
      `finetune: ${folder} holds step ${step} of a run that has not ended: go on with it by --resume, or remove the folder`,
    );
  const run = await identifyRun(training);
  const start = await readState(folder, run);
  if (start === undefined && resume)
    throw new RangeError(`finetune: --resume needs a step of a run in ${folder}, got none`);
  return {
    ...{ folder, start },
    write: (state) => writeState(folder, run, state),
    remove: () => removeStates(folder),
  };
};
