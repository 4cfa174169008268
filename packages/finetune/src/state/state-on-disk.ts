/**
 * Training states on a disk, for Node. Each state is a folder of its own. Older folders are removed once the new one is complete:
 *
 *   <folder>/step-6/…
 *
 * However a process ends, the newest folder is complete.
 */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkPath } from "@ropewalk/check";
import type { CheckpointFolder } from "@ropewalk/models";
import { removeWhole, writeWhole } from "@ropewalk/models/node";
import type { TrainState } from "../train/train.ts";
import { checkSameRun, type RunIdentity } from "./run-identity.ts";
import { readRecord, readStateFiles, stateFiles } from "./state-files.ts";

const nameOf = (step: number): string => `step-${step}`;

/** The steps that have a folder, the newest first. */
const stepsIn = async (where: string, folder: string): Promise<readonly number[]> => {
  checkPath(where, "folder", folder);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => (/^step-(?:0|[1-9]\d*)$/.test(name) ? [Number(name.slice("step-".length))] : []))
    .toSorted((a, b) => b - a);
};

/** A step's folder, read by ranges. `openFolder` cannot open it, because it expects a model. */
const folderAt = (path: string): CheckpointFolder => ({
  name: path,
  file: async (name) => {
    const file = join(path, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) return undefined;
    const read = async (from: number, to: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(to - from);
      const handle = await open(file);
      try {
        for (let done = 0; done < bytes.length;) {
          const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
          if (bytesRead === 0) throw new RangeError(`readState: ${file} must have ${to} bytes, got ${from + done}`);
          done += bytesRead;
        }
      } finally {
        await handle.close();
      }
      return bytes;
    };
    return { source: { size: found.size, read }, external: { kind: "path", folder: path, file: name } };
  },
});

/** The record of a step's folder; undefined if the folder was left half removed. */
const recordIn = (where: string, path: string) => readRecord(where, folderAt(path));

/**
 * Writes a state, and then removes the older ones. If the disk is full, the older ones stay.
 *
 * @throws RangeError when the folder holds states of another run; Error naming the file that could not be written
 */
export const writeState = async (folder: string, run: RunIdentity, state: TrainState): Promise<void> => {
  const before = await stepsIn("writeState", folder);
  for (const step of before) {
    const path = join(folder, nameOf(step));
    const record = await recordIn("writeState", path);
    if (record !== undefined) checkSameRun("writeState", path, record.run, run);
    // A newer state of the same run already includes this one.
    if (record !== undefined && step >= state.step) return;
  }
  const files = await stateFiles(run, state);
  await writeWhole("writeState", join(folder, nameOf(state.step)), async ({ write }) => {
    for (const { name, parts } of files) await write(name, parts);
  });
  for (const step of before) if (step < state.step) await removeWhole(join(folder, nameOf(step)));
};

/**
 * The newest state of a run.
 *
 * @returns undefined where there is none
 * @throws RangeError naming the folder, and either what differs from this run with both values, or the file that is incomplete
 */
export const readState = async (folder: string, run: RunIdentity): Promise<TrainState | undefined> => {
  for (const step of await stepsIn("readState", folder)) {
    const path = join(folder, nameOf(step));
    const record = await recordIn("readState", path);
    if (record === undefined) continue;
    checkSameRun("readState", path, record.run, run);
    return readStateFiles("readState", folderAt(path), record);
  }
  return undefined;
};

/** The steps done in the newest state of a folder, whichever run it belongs to; undefined where there is no state. */
export const savedSteps = async (folder: string): Promise<number | undefined> =>
  (await stepsIn("savedSteps", folder))[0];

/** Removes all states in a folder, and the folder too if nothing else is in it. */
export const removeStates = async (folder: string): Promise<void> => {
  // The oldest first: if the process is killed, the newest state is still complete.
  for (const step of (await stepsIn("removeStates", folder)).toReversed())
    await removeWhole(join(folder, nameOf(step)));
  const left = await readdir(folder).catch(() => ["unknown"]);
  if (left.length === 0) await removeWhole(folder);
};
