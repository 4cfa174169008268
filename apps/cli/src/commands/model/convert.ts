/** `ropewalk convert`: writes a checkpoint with rounded weights, merged adapters, or both, in a folder that loads memory-mapped. */
import { convertCheckpoint, precisionNames, withAdapters, type Precision } from "@ropewalk/models";
import { writeFolder } from "@ropewalk/models/node";
import { needCheckpoint } from "@ropewalk/generation";
import { InvalidArgumentError, Option, type Command } from "commander";
import { adapterOption, adaptersFrom, type AdapterFlag } from "../../flags/adapter.ts";
import { typesRoundedTwice } from "../../describe/rounded-twice.ts";
import { notice } from "../../terminal/notice.ts";
import { roundingBar } from "../../terminal/progress-bars.ts";
import { examples, storedModelArgument } from "../../terminal/help-texts.ts";
import { interruptSignal } from "../../terminal/interrupt.ts";
import { open } from "../../model/open-model.ts";
import { bytes } from "../../render/units.ts";

type ConvertOptions = {
  readonly quantize?: Precision;
  readonly adapter?: readonly AdapterFlag[];
  readonly output: string;
  readonly json?: boolean;
};

const convert = async (path: string, { quantize, adapter, output, json }: ConvertOptions): Promise<void> => {
  const stored = needCheckpoint("convert", (await open(path, {})).source);
  if (quantize === undefined && adapter === undefined && stored.gguf === undefined)
    throw new InvalidArgumentError("convert: --quantize or --adapter must be given, got neither");
  const adapters = await adaptersFrom(adapter);
  const opened = (await stored.gguf?.asCheckpoint()) ?? stored;
  const checkpoint = adapters.length === 0 ? opened : withAdapters(opened, adapters);
  const twice = typesRoundedTwice(stored, quantize);
  if (twice.length > 0)
    notice(
      `convert: weights in ${twice.join(", ")} are rounded a second time, to ${quantize}; the GGUF file itself runs as it is, without this loss`,
    );
  const { onStep, stop } = roundingBar(interruptSignal("convert"));
  const files = await convertCheckpoint(checkpoint, quantize, onStep);
  const written = await writeFolder(output, files).finally(stop);
  if (json) {
    const report = {
      output,
      quantize: quantize ?? null,
      ...(adapter === undefined ? {} : { adapters: adapter }),
      files: files.map(({ name }) => name),
      bytes: written,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const merged = adapters.map(
    ({ adapter: { name }, scale = 1 }) => `, ${name} merged${scale === 1 ? "" : ` at ${scale}`}`,
  );
  const dense = stored.gguf === undefined ? "as they are stored" : "dense";
  const precision = quantize === undefined ? dense : `in ${quantize}`;
  process.stdout.write(
    `${output}: ${bytes(written)} in ${files.length} files, weights ${precision}${merged.join("")}\n`,
  );
};

export const addConvert = (program: Command): void => {
  program
    .command("convert")
    .description(
      "write a checkpoint with its weights rounded to 4 or 8 bits, adapters merged into them, or both; of a GGUF file also with dense weights",
    )
    .argument("<model>", storedModelArgument)
    .addOption(
      new Option(
        "--quantize <precision>",
        "what the weights are rounded to; absent: they stay as they are stored, those with an adapter in float32",
      ).choices(precisionNames),
    )
    .addOption(adapterOption("an adapter (LoRA) that is merged into the weights"))
    .requiredOption("--output <folder>", "where the checkpoint goes: a folder that is empty or not there yet")
    .option("--json", "print JSON and nothing else")
    .addHelpText(
      "after",
      examples(
        "ropewalk convert stories260K --quantize q4 --output stories-q4",
        "ropewalk convert ./model.gguf --output model",
        "ropewalk convert ./my-model --adapter ./my-adapter --output merged",
      ),
    )
    .action(convert);
};
