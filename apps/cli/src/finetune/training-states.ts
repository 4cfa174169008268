/** Where a run's states are kept while it goes on: beside the folder that the model goes to, so that a run that ends early is gone on with. */
import { readdir, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { identifyRun, type TrainConfig, type TrainState } from "@ropewalk/finetune";
import { needCheckpoint } from "@ropewalk/generation";
import { readState, removeStates, stateIn, writeState } from "@ropewalk/finetune/node";
import { parameterCount } from "@ropewalk/models";
import { ownFolder } from "@ropewalk/models/node";
import { bytes } from "../render/units.ts";

/** @throws RangeError when the folder is there with something in it: that would be told at the end of the run alone */
export const checkOutput = async (output: string): Promise<void> => {
  const there = await readdir(output).catch(({ code }: NodeJS.ErrnoException) => code);
  const got = there === "ENOENT" ? [] : there;
  if (!Array.isArray(got) || got.length > 0)
    throw new RangeError(
      `finetune: --output must be a folder that is empty or not there yet, got ${output}, ${Array.isArray(got) ? `with ${got.length} files` : String(got)}`,
    );
};

/** Bytes of a state for an element that is learned: itself and both means, in float32. */
const stateWidth = 12;

/**
 * What would be told when the first states are written, hours later, is told now: that the disk takes none, or has not the room for a new
 * one beside the one before. An adapter's are small.
 */
export const checkRoom = async (folder: string, { model, lora }: TrainConfig, states: number): Promise<void> => {
  const parent = dirname(folder);
  const own = await ownFolder(parent, ".ropewalk-folder").catch(({ message }: Error) => {
    throw new Error(`finetune: ${folder} must be a folder that can be written, got ${message}`);
  });
  const disk = await statfs(own.path).finally(() => own.remove());
  const need =
    lora === undefined ? states * stateWidth * parameterCount(needCheckpoint("finetune", model.source).decoder) : 0;
  const free = disk.bavail * disk.bsize;
  // Some file systems do not say how large they are.
  if (disk.blocks > 0 && free < need)
    throw new RangeError(
      `finetune: ${parent} must have ${bytes(need)} of room, for ${states === 1 ? "a state" : "two states"} of the run, got ${bytes(free)}`,
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
 * @throws RangeError when a run is to be gone on with and there is none, or is there and is not to be; or it is another; or the disk has
 *   no room for what is kept
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
  await checkRoom(folder, training, start === undefined ? 2 : 1);
  return {
    folder,
    start,
    write: (state) => writeState(folder, run, state),
    remove: () => removeStates(folder),
  };
};
