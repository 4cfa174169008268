/** The saved states of a training run, in a folder beside the output, so that an interrupted run can continue. */
import { mkdir, readdir, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { identifyRun, type TrainConfig, type TrainState } from "@ropewalk/finetune";
import { needCheckpoint } from "@ropewalk/generation";
import { readState, removeStates, savedSteps, writeState } from "@ropewalk/finetune/node";
import { parameterCount } from "@ropewalk/models";
import { lockFile, ownFolder } from "@ropewalk/models/node";
import { bytes } from "../render/units.ts";

/** @throws RangeError when the output folder is not empty. Without this check the error would come at the end of the run. */
export const checkOutput = async (output: string): Promise<void> => {
  const there = await readdir(output).catch(({ code }: NodeJS.ErrnoException) => code);
  const got = there === "ENOENT" ? [] : there;
  if (!Array.isArray(got) || got.length > 0)
    throw new RangeError(
      `finetune: --output must be a folder that is empty or not there yet, got ${output}, ${Array.isArray(got) ? `with ${got.length} files` : String(got)}`,
    );
};

/** Bytes of a state for each learned element: the element and both means, in float32. */
const stateWidth = 12;

/** Puts what the disk says into words; an error of another kind stays as it is. */
const notWritable =
  (folder: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === undefined) throw error;
    throw new Error(`finetune: ${folder} must be a folder that can be written, got ${error.message}`, { cause: error });
  };

/**
 * Checks the disk before the run instead of hours later: that the folder can be written, and has room for a new state beside the one
 * before. States of an adapter are small.
 */
export const checkRoom = async (folder: string, { model, lora }: TrainConfig, states: number): Promise<void> => {
  const parent = dirname(folder);
  const own = await ownFolder(parent, ".ropewalk-folder").catch(notWritable(folder));
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
  /** The state that an earlier run saved. */
  readonly start: TrainState | undefined;
  readonly write: (state: TrainState) => Promise<void>;
  readonly remove: () => Promise<void>;
  /** Lets another run have the folder. */
  readonly close: () => Promise<void>;
};

const openLocked = async (
  folder: string,
  training: TrainConfig,
  resume: boolean,
  close: () => Promise<void>,
): Promise<States> => {
  const step = await savedSteps(folder);
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
    close,
  };
};

/**
 * @throws RangeError when --resume finds no run, when a run is found without --resume, when the run differs in any number, or when the
 *   disk lacks room for the states; Error when another run has the folder
 */
export const openStates = async (output: string, training: TrainConfig, resume: boolean): Promise<States> => {
  const folder = `${resolve(output)}.training`;
  const inFolder = mkdir(dirname(folder), { recursive: true }).then(() => lockFile("finetune", folder));
  const lock = await inFolder.catch(notWritable(folder));
  try {
    return await openLocked(folder, training, resume, lock.remove);
  } catch (error) {
    await lock.remove();
    throw error;
  }
};
