/** `ropewalk convert`: a checkpoint rewritten with its weights rounded, in a folder that loads memory-mapped. */
import { convertCheckpoint, precisionNames, type Precision } from "@ropewalk/models";
import { writeFolder } from "@ropewalk/models/node";
import { needCheckpoint } from "@ropewalk/generation";
import { Option, type Command } from "commander";
import { roundingBar } from "../bars.ts";
import { examples, shippedNames } from "../help.ts";
import { interruptSignal } from "../interrupt.ts";
import { open } from "../open-model.ts";
import { bytes } from "../render/units.ts";

type ConvertOptions = { readonly quantize: Precision; readonly output: string; readonly json?: boolean };

const convert = async (path: string, { quantize, output, json }: ConvertOptions): Promise<void> => {
  const checkpoint = needCheckpoint("convert", (await open(path, {})).source);
  const { onStep, stop } = roundingBar(interruptSignal("convert"));
  const files = await convertCheckpoint(checkpoint, quantize, onStep);
  const written = await writeFolder(output, files).finally(stop);
  if (json) {
    const report = { output, quantize, files: files.map(({ name }) => name), bytes: written };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  process.stdout.write(`${output}: ${bytes(written)} in ${files.length} files, weights in ${quantize}\n`);
};

export const addConvert = (program: Command): void => {
  program
    .command("convert")
    .description("write a checkpoint with its weights rounded to 4 or 8 bits")
    .argument("<model>", `a checkpoint's folder, an id on the hub (owner/name), or a shipped model: ${shippedNames}`)
    .addOption(
      new Option("--quantize <precision>", "what the weights are rounded to")
        .choices(precisionNames)
        .makeOptionMandatory(),
    )
    .requiredOption("--output <folder>", "where the checkpoint goes: a folder that is empty or not there yet")
    .option("--json", "print JSON and nothing else")
    .addHelpText("after", examples("ropewalk convert stories260K --quantize q4 --output stories-q4"))
    .action(convert);
};
