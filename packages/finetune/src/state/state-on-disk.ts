/**
 * Training states on a disk, for Node. Each is a folder of its own, written whole, and then the older ones go:
 *
 *   <folder>/step-6/…
 *
 * However a process ends, the newest one there is whole.
 */
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointFolder } from "@ropewalk/models";
import { writeWhole } from "@ropewalk/models/node";
import type { TrainState } from "../train/train.ts";
import { checkSameRun, type RunIdentity } from "./run-identity.ts";
import { readRecord, readStateFiles, stateFiles } from "./state-files.ts";

const nameOf = (step: number): string => `step-${step}`;

/** Steps of which a folder is there, the newest first. */
const stepsIn = async (folder: string): Promise<readonly number[]> => {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => (/^step-(?:0|[1-9]\d*)$/.test(name) ? [Number(name.slice("step-".length))] : []))
    .toSorted((a, b) => b - a);
};

/** A step's folder, read by ranges; it is no model's, which `openFolder` would ask for. */
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

/** What of a step's folder is said; undefined for what is left of one that was being removed. */
const recordIn = (where: string, path: string) => readRecord(where, folderAt(path));

/**
 * Writes a state, and removes those before it. A disk that is full leaves them.
 *
 * @throws RangeError when states of another run are there; Error naming the file that the disk refuses
 */
export const writeState = async (folder: string, run: RunIdentity, state: TrainState): Promise<void> => {
  const before = await stepsIn(folder);
  for (const step of before) {
    const path = join(folder, nameOf(step));
    const record = await recordIn("writeState", path);
    if (record !== undefined) checkSameRun("writeState", path, record.run, run);
    // A newer one of the same run has this one in it.
    if (record !== undefined && step >= state.step) return;
  }
  const files = await stateFiles(run, state);
  await writeWhole("writeState", join(folder, nameOf(state.step)), async ({ write }) => {
    for (const { name, parts } of files) await write(name, parts);
  });
  for (const step of before)
    if (step < state.step) await rm(join(folder, nameOf(step)), { recursive: true, force: true });
};

/**
 * The newest state of a run.
 *
 * @returns undefined where there is none
 * @throws RangeError naming the folder, what is of another run, and both values; or what is not whole
 */
export const readState = async (folder: string, run: RunIdentity): Promise<TrainState | undefined> => {
  for (const step of await stepsIn(folder)) {
    const path = join(folder, nameOf(step));
    const record = await recordIn("readState", path);
    if (record === undefined) continue;
    checkSameRun("readState", path, record.run, run);
    return readStateFiles("readState", folderAt(path), record);
  }
  return undefined;
};

/** Steps done of the newest state in a folder, whatever run it is of; undefined where there is none. */
export const stateIn = async (folder: string): Promise<number | undefined> => (await stepsIn(folder))[0];

/** Removes all states in a folder, and the folder where nothing else is in it. */
export const removeStates = async (folder: string): Promise<void> => {
  // The oldest first: what is left by a process that is killed is whole.
  for (const step of (await stepsIn(folder)).toReversed())
    await rm(join(folder, nameOf(step)), { recursive: true, force: true });
  const left = await readdir(folder).catch(() => ["unknown"]);
  if (left.length === 0) await rm(folder, { recursive: true, force: true });
};
