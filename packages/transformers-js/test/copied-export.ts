import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { exportPath } from "@ropewalk/testing/exports/export-files";

/**
 * Copies an export into a folder, under its name. While a model is loaded, its data file may be a hard link with a second name. ONNX
 * Runtime refuses such files in graphs with loops, and other tests may run such a graph on the original meanwhile.
 */
export const copyExport = (name: string, folder: string): void => {
  const target = join(folder, name);
  if (existsSync(target)) return;
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(exportPath(name))) copyFileSync(join(exportPath(name), file), join(target, file));
};
