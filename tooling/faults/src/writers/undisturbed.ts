/** A home of a writer, with what was there before, and what an undisturbed run makes of it. */
import { cpSync, existsSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { filesIn, finish, leftIn, unitsIn, type Writer } from "./writer.ts";

export type Home = {
  readonly path: string;
  readonly out: string;
  /** Puts back what was there before. */
  readonly reset: () => void;
  /** What is wrong with the units in a folder, in words: those that are neither old nor new. */
  readonly broken: (folder: string) => readonly string[];
  /** Whether all is new. */
  readonly isNew: (folder: string) => boolean;
  /** What is wrong after a last, undisturbed run: other contents than of the first, or temporary names that stay; or that it fails. */
  readonly wrongInTheEnd: () => Promise<readonly string[]>;
  /** The size of what was there before, and of what is there then. */
  readonly oldKilobytes: number;
  readonly kilobytes: number;
  /** How long the undisturbed run took, in milliseconds. */
  readonly took: number;
  readonly end: () => Promise<void>;
};

const kilobytesIn = (folder: string): number =>
  Object.keys(filesIn(folder)).reduce((sum, file) => sum + 4 * Math.ceil(lstatSync(join(folder, file)).size / 4096), 0);

export const undisturbed = async (writer: Writer): Promise<Home> => {
  const path = scratchFolder();
  const [out, kept] = [join(path, "out"), join(path, "kept")];
  mkdirSync(out);
  const end = await writer.prepare(path);
  cpSync(out, kept, { recursive: true, verbatimSymlinks: true });
  const before = unitsIn(writer, out);
  const begun = performance.now();
  await finish(writer, path);
  const took = performance.now() - begun;
  const kilobytes = kilobytesIn(out);
  const after = unitsIn(writer, out);
  const whole = JSON.stringify(filesIn(out, writer.contentOf));
  const reset = (): void => {
    for (const folder of [out, join(path, "tmp")]) rmSync(folder, { recursive: true, force: true });
    cpSync(kept, out, { recursive: true, verbatimSymlinks: true });
  };
  reset();
  return {
    path,
    out,
    reset,
    took,
    kilobytes,
    oldKilobytes: kilobytesIn(kept),
    broken: (folder) => {
      const now = unitsIn(writer, folder);
      return [...new Set([...before.keys(), ...after.keys(), ...now.keys()])].filter((unit) => {
        const is = now.get(unit);
        return is !== before.get(unit) && is !== after.get(unit);
      });
    },
    isNew: (folder) => JSON.stringify([...unitsIn(writer, folder)]) === JSON.stringify([...after]),
    wrongInTheEnd: async () => {
      const failed = await finish(writer, path).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (failed !== undefined) return [failed];
      const left = [...leftIn(out), ...leftIn(join(path, "tmp"))];
      return JSON.stringify(filesIn(out, writer.contentOf)) === whole ? left : [...left, "other contents"];
    },
    end: async () => {
      await end?.();
      if (existsSync(path)) rmSync(path, { recursive: true });
    },
  };
};
