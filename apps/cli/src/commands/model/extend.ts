/** `ropewalk extend`: writes an ONNX export with a longer window, for any program that ran the export, or for Ropewalk alone. */
import {
  attentionOutputs,
  engines,
  runtimes,
  type Attentions,
  type Engine,
  type Runtime,
} from "@ropewalk/onnx-exports";
import { extendFolder, trainedContextOf } from "@ropewalk/onnx-exports/node";
import { capacity as mappingCapacity, plain } from "@ropewalk/position-mapping";
import { knownContext, type ContextExtension } from "@ropewalk/context-extension";
import { cachePrecisions, type CachePrecision } from "@ropewalk/decoder";
import { Option, type Command } from "commander";
import { findExport } from "../../model/find-export.ts";
import { extendedWords, groupsAndWindow, recordIn } from "../../describe/extension-in-words.ts";
import {
  checkChosen,
  extensionFrom,
  nameOf,
  withExtensionOptions,
  type ExtensionOptions,
} from "../../flags/extension.ts";
import { examples } from "../../terminal/help-texts.ts";
import { number } from "../../flags/parse-numbers.ts";
import { printFacts } from "../../render/facts.ts";

type ExtendOptions = ExtensionOptions & {
  readonly json?: boolean;
  readonly length?: number;
  readonly output: string;
  readonly replace?: boolean;
  readonly link?: boolean;
  readonly attentions?: Attentions;
  readonly runtime: Runtime;
  readonly cache?: CachePrecision;
  readonly engine?: readonly Engine[];
};

/** @throws RangeError when the wanted length is beyond what the extension reaches */
const checkLength = (extension: ContextExtension, length: number, trainedContext: number): void => {
  const { positions = plain(), rope } = extension;
  // Without positions and frequencies only the graph knows the capacity.
  if (extension.positions === undefined && rope === undefined) return;
  const known = knownContext(trainedContext, rope);
  const capacity = mappingCapacity(positions, known);
  if (length > capacity)
    throw new RangeError(
      `extend: --length must be at most ${capacity}, the capacity of ${extendedWords(positions.name, extension)} on a window of ${trainedContext}, got ${length}`,
    );
};

const extend = async (path: string, options: ExtendOptions): Promise<void> => {
  const { output, replace = false, link = false, attentions, runtime, cache, engine } = options;
  const { folder, model } = await findExport(path);
  if (options.length === undefined) checkChosen("extend", options);
  const trainedContext = await trainedContextOf({ model }, folder);
  const length = options.length ?? trainedContext;
  const extension = extensionFrom(options, { trainedContext, length });
  checkLength(extension, length, trainedContext);
  const asked = {
    ...(attentions === undefined ? {} : { attentions }),
    ...(runtime === "portable" ? {} : { runtime }),
    ...(cache === undefined ? {} : { cache }),
    ...(engine === undefined ? {} : { engines: engine }),
  };
  const written = await extendFolder({ extension, model, replace, link, ...asked }, folder, output);

  const { numLayers, capacity, files, dataFiles, linked, notices } = written;
  const positions = extension.positions?.name ?? "plain";
  if (options.json) {
    const report = {
      output,
      model,
      method: nameOf({ ...options, entropy: "none" }),
      ...groupsAndWindow(extension),
      entropy: extension.entropy?.kind ?? "none",
      positions,
      extension: recordIn(extension),
      ...asked,
      trainedContext,
      capacity,
      numLayers,
      files,
      dataFiles,
      linked,
      notices,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const weights = dataFiles.map((file) => `${file}, ${linked.includes(file) ? "linked" : "copied"}`);
  const rows = {
    [output]: `${files.length} files`,
    rewritten: `attention of ${numLayers} layers in ${model}`,
    positions: extendedWords(extension.positions?.name ?? "plain", extension),
    "trained window": `${trainedContext} tokens`,
    capacity: `${capacity} tokens`,
    ...asked,
    weights: weights.join("; ") || `in ${model}`,
  };
  printFacts(rows, notices);
};

export const addExtend = (program: Command): void => {
  const command = program
    .command("extend")
    .description("write an ONNX export with a longer window, for transformers.js, ONNX Runtime and whatever runs it")
    .argument("<export>", "the folder of an export, or the path of its model.onnx")
    .option("--length <tokens>", "the wanted length", number)
    .requiredOption("--output <folder>", "where the new export goes: a folder that is empty or not there yet")
    .option("--replace", "put this extension in place of one that the model has")
    .option(
      "--link",
      "make the weights hard links to the export's in place of copies: no room is taken, and each is the other",
    )
    .addOption(
      new Option("--attentions <what>", "give out what queries attend to; absent: nothing").choices(attentionOutputs),
    )
    .addOption(
      new Option("--runtime <runtime>", "who keeps the cache: whatever runs the export, or ropewalk, in place")
        .choices(runtimes)
        .default("portable"),
    )
    .addOption(
      new Option(
        "--cache <precision>",
        "how ropewalk keeps keys and values behind the window, with --runtime ropewalk; absent: float32",
      ).choices(cachePrecisions),
    )
    .addOption(
      new Option(
        "--engine <engines...>",
        "write what these engines need beside the model: genai_config.json, config.pbtxt; behind the export, for it takes several; absent: nothing",
      ).choices(engines),
    )
    .option("--json", "print JSON and nothing else");
  withExtensionOptions(command, "self-extend")
    .addHelpText(
      "after",
      examples(
        "ropewalk extend ./export --length 16384 --output ./longer",
        "ropewalk extend ./model.onnx --method yarn --factor 4 --output ./longer",
      ),
    )
    .action(extend);
};
