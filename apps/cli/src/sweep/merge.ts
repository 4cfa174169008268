/** `ropewalk sweep merge`: the parts of a sweep as one file. */
import { mergeRecords } from "@ropewalk/evals";
import type { Command } from "commander";
import { rename, rm, writeFile } from "node:fs/promises";
import { examples } from "../help.ts";
import { notice } from "../notice.ts";
import { lockFile } from "./lock.ts";
import { readResults } from "./results.ts";

const merge = async (files: readonly string[], { output }: { readonly output: string }): Promise<void> => {
  const parts = [];
  for (const name of files) {
    const records = await readResults("merge", name);
    if (records.torn > 0) notice(`merge: ${name}: a last line was not written to its end, and is left out`);
    parts.push({ name, records });
  }
  const { text, cells, of } = mergeRecords(parts);
  const lock = await lockFile("merge", output);
  const begun = `${output}.${process.pid}.part`;
  try {
    // Whole or not at all, also where the output is one of the parts.
    await writeFile(begun, text, { flush: true });
    await rename(begun, output);
  } catch (error) {
    await rm(begun, { force: true }).catch(() => {});
    throw new Error(`merge: ${output} must be a writable file, got ${(error as Error).message}`, { cause: error });
  } finally {
    await lock.remove();
  }
  process.stdout.write(`${cells} of ${of} cells: ${output}\n`);
};

export const addMerge = (sweep: Command): void => {
  sweep
    .command("merge")
    .description("join the parts of a sweep, each cell once")
    .argument("<files...>", "what --shard wrote, in any order")
    .requiredOption("--output <file>", "the joined file; `ropewalk sweep` goes on with it, and makes the report")
    .addHelpText("after", examples("ropewalk sweep merge part-*.jsonl --output sweep.results.jsonl"))
    .action(merge);
};
