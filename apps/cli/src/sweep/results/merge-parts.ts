/** `ropewalk sweep merge`: joins the parts of a sweep in one file. */
import { show } from "@ropewalk/check";
import { mergeRecords } from "@ropewalk/evals";
import { lockFile } from "@ropewalk/models/node";
import type { Command } from "commander";
import { stat } from "node:fs/promises";
import { checkWritable, writeResult } from "../../output/write-result.ts";
import { examples } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { readResults } from "./results-file.ts";

/**
 * The path of `--output`, which commander reads as a flag of `sweep`. Other flags of `sweep` are refused.
 *
 * @throws RangeError for another flag of `sweep`, and when there is no output
 */
const outputOf = (command: Command): string => {
  const sweep = command.parent!;
  for (const { attributeName, long } of sweep.options.map((option) => ({
    attributeName: option.attributeName(),
    long: option.long,
  })))
    if (attributeName !== "output" && sweep.getOptionValueSource(attributeName) === "cli")
      throw new RangeError(`merge: ${long} is not read, got ${show(sweep.getOptionValue(attributeName))}`);
  const { output } = command.optsWithGlobals<{ readonly output?: string }>();
  if (output === undefined) throw new RangeError("merge: --output must name a file, got none");
  return output;
};

/**
 * Checks that overwriting the output loses no cell.
 *
 * @throws Error for a file that holds no sweep, or cells that no part holds
 */
const checkOutput = async (output: string, hashes: ReadonlySet<string>): Promise<void> => {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined || found.size === 0) return;
  const { cells } = await readResults("merge", output).catch((error: Error) => {
    throw new Error(`${error.message}; --output names another file`, { cause: error });
  });
  const lost = [...cells.keys()].filter((hash) => !hashes.has(hash)).length;
  if (lost > 0)
    throw new Error(
      `merge: ${output} must have no cells but those of the parts, got ${lost} others, which would be lost; it may be given as a part too, or --output name another file`,
    );
};

const merge = async (files: readonly string[], _: object, command: Command): Promise<void> => {
  const output = outputOf(command);
  const parts = [];
  for (const name of files) {
    const records = await readResults("merge", name);
    if (records.torn > 0) notice(`merge: ${name}: a last line was not written to its end, and is left out`);
    parts.push({ name, records });
  }
  const { text, cells, of } = mergeRecords(parts);
  await checkWritable("merge", output);
  const lock = await lockFile("merge", output);
  try {
    await checkOutput(output, new Set(parts.flatMap(({ records }) => [...records.cells.keys()])));
    await writeResult("merge", output, text);
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
    .option("--output <file>", "the joined file, required; `ropewalk sweep` goes on with it, and makes the report")
    .addHelpText("after", examples("ropewalk sweep merge part-*.jsonl --output sweep.results.jsonl"))
    .action(merge);
};
