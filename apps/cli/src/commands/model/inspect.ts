/** `ropewalk inspect`: the facts of a model, and the positions, capacity and memory for a wanted length. */
import { withPositions } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { checkWeights, needCheckpoint, plannedCacheBytes, type OpenedModel } from "@ropewalk/generation";
import { parameterCount, storedBytes, weightBytes, withAdapters, type Checkpoint } from "@ropewalk/models";
import { isGgufFile } from "@ropewalk/models/node";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";
import type { Command } from "commander";
import { adaptersFrom } from "../../flags/adapter.ts";
import { attentionLines, groupsReport, layerRows } from "../../describe/layers-in-words.ts";
import { extendedWords, extensionWords, groupsAndWindow, recordIn } from "../../describe/extension-in-words.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { inspectSaved, isFile } from "../../describe/saved-prefix.ts";
import { numberNames } from "../../flags/method-numbers.ts";
import { number } from "../../flags/parse-numbers.ts";
import { chosenFor, open, replacedNotices } from "../../model/open-model.ts";
import { backendFrom, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { printFacts } from "../../render/facts.ts";
import { bytes } from "../../render/units.ts";

type InspectOptions = SharedOptions & { readonly length?: number; readonly checkWeights?: boolean };

const tokens = (count: number): string => (count === Infinity ? "unlimited" : `${count} tokens`);

/** `1.10 GB <between> F32, …` */
const listed = (counts: Readonly<Record<string, number>>, between: string): string =>
  Object.entries(counts)
    .map(([name, count]) => `${bytes(count)} ${between} ${name}`)
    .join(", ");

/** In which form each of a GGUF file's types is multiplied: where it is not unpacked, no number of it is rounded. */
const formsOfGguf = ({ decoder, tensors, locateBlocks }: Checkpoint): Readonly<Record<string, string>> => {
  const forms: Record<string, string> = {};
  for (const name of Object.keys(decoder.tensors)) {
    const blocks = locateBlocks?.(name);
    const added = blocks?.offsets === undefined ? "" : " and an offset";
    forms[tensors.get(name)!.type] =
      blocks === undefined ? "as stored" : `${blocks.bits} bits, ${blocks.blockSize} a scale${added}`;
  }
  return forms;
};

type Facts = { readonly rows: Readonly<Record<string, string>>; readonly report: Readonly<Record<string, unknown>> };

const checkpointFacts = (checkpoint: Checkpoint, { quantize }: InspectOptions): Facts => {
  const parameters = parameterCount(checkpoint.decoder);
  const [stored, weights] = [storedBytes(checkpoint), weightBytes(checkpoint)];
  const own = checkpoint.extension();
  const tuned = Object.keys(own).length === 0 ? undefined : extensionWords(own);
  const forms = checkpoint.gguf && formsOfGguf(checkpoint);
  const ggufRows = forms && {
    "weights run as": Object.entries(forms)
      .map(([type, form]) => `${type}: ${form}`)
      .join("; "),
  };
  return {
    rows: {
      family: checkpoint.decoder.family,
      parameters: parameters.toLocaleString("en"),
      "weights, stored": listed(stored, "of"),
      ...ggufRows,
      "weights would be": listed(quantize === undefined ? weights : { [quantize]: weights[quantize] }, "in"),
      ...(tuned === undefined ? {} : { "tuned under": tuned }),
    },
    report: {
      family: checkpoint.decoder.family,
      parameters,
      storedBytes: stored,
      weightBytes: weights,
      ...(forms && { forms }),
      ...(tuned === undefined ? {} : { tunedUnder: tuned }),
      ...(quantize === undefined ? {} : { quantize }),
    },
  };
};

const exportFacts = ({ modelBytes, files, extension }: ExportedDecoder): Facts => {
  const extendedBy = extensionWords(extension());
  const dataBytes = files.reduce((sum, file) => sum + file.source.size, 0);
  return {
    rows: {
      family: "an ONNX export",
      "weights, stored": `${bytes(modelBytes)} in the model, ${bytes(dataBytes)} beside it`,
      "extended by": extendedBy,
    },
    report: { family: null, modelBytes, dataBytes, extendedBy },
  };
};

/** The facts of the adapters, after a check that they fit the model. */
const adapterFacts = async ({ source }: OpenedModel, { adapter }: InspectOptions): Promise<Facts> => {
  if (adapter === undefined) return { rows: {}, report: {} };
  const checkpoint = needCheckpoint("inspect: --adapter", source);
  const adapters = await adaptersFrom(adapter);
  withAdapters(checkpoint, adapters);
  const facts = adapters.map(({ adapter: { name, modules }, scale = 1 }) => ({
    name,
    scale,
    matrices: modules.size,
    ranks: [...new Set([...modules.values()].map(({ rank }) => rank))],
    parameters: [...modules.values()].reduce((sum, { A, B }) => sum + A.data.length + B.data.length, 0),
  }));
  const said = facts.map(
    ({ name, scale, matrices, ranks, parameters }) =>
      `${name} at ${scale}: ${parameters.toLocaleString("en")} parameters beside ${matrices} matrices, rank ${ranks.join(", ")}`,
  );
  return { rows: { adapters: said.join("; ") }, report: { adapters: facts } };
};

/** The positions that the model's config states. */
const statedFacts = ({ source }: OpenedModel): Facts => {
  const stated = source.decoder.statedPositions;
  if (stated === undefined) return { rows: {}, report: {} };
  const { positions } = withPositions(stated.positions);
  const words = `${positions!.name} for up to ${stated.tokens} tokens, by ${stated.by}; --method ${stated.positions.kind}`;
  return { rows: { "config states": words }, report: { statedPositions: stated } };
};

const factsOf = ({ source }: OpenedModel, options: InspectOptions): Facts => {
  if (source.kind === "checkpoint") return checkpointFacts(source, options);
  if (options.quantize !== undefined) needCheckpoint("inspect: --quantize", source);
  return exportFacts(source);
};

/** A run within the trained window needs no method: without a flag that asks for one it is plain, as `generate` runs it. */
const forLength = (options: InspectOptions, { source }: OpenedModel, length: number): InspectOptions => {
  const fits = length <= source.decoder.trainedContext;
  const numbers = numberNames.some((name) => options[name] !== undefined);
  return fits && !numbers ? { ...options, fallback: "none" } : options;
};

const inspect = async (path: string, options: InspectOptions): Promise<void> => {
  if (isFile(path) && !(await isGgufFile(path))) return inspectSaved(path, options);
  const opened = await open(path, options);
  const { source } = opened;
  if (options.checkWeights) await checkWeights(source);
  const { decoder } = source;
  const { numLayers, numHeads, numKvHeads, headDim, trainedContext, slidingWindow } = decoder;
  const { rows: own, report: ownReport } = factsOf(opened, options);
  const beside = await adapterFacts(opened, options);
  const stated = statedFacts(opened);
  const length = options.length ?? trainedContext;
  const chosen = chosenFor(opened, forLength(options, opened, length), length);
  const { extension } = chosen;
  // The cache precision of a run with the same flags.
  const cache = options.cache ?? backendFrom(options).precision;
  const extended = extendDecoder(decoder, extension, { cache });
  // The export's own extension always fits. Any other is checked against the graph.
  if (source.kind === "export" && !chosen.own) source.check(extended);
  const keyValueBytes = plannedCacheBytes(extended, { length });
  const notices = [...replacedNotices(opened, chosen), ...extended.notices];
  if (options.json) {
    const report = {
      ...ownReport,
      ...beside.report,
      ...stated.report,
      numLayers,
      numHeads,
      numKvHeads,
      headDim,
      trainedContext,
      ropeScaling: decoder.rope.scaling.kind,
      ropeTheta: decoder.rope.theta,
      slidingWindow: slidingWindow ?? null,
      length,
      method: chosen.name,
      positions: extended.positions.name,
      ...groupsAndWindow(extension),
      entropy: extension.entropy?.kind ?? "none",
      extension: recordIn(extension),
      // JSON has no infinity.
      capacity: extended.capacity === Infinity ? null : extended.capacity,
      attention: extended.attentionPath.kind,
      groups: groupsReport(extended, extension, length),
      cache,
      keyValueBytes,
      notices,
      ...(options.checkWeights ? { weightsFinite: true } : {}),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const rows = {
    ...own,
    family: `${own["family"]}, ${numLayers} layers, ${numHeads} heads (${numKvHeads} key-value) of ${headDim}`,
    ...layerRows(extended),
    "trained window": tokens(trainedContext),
    ...stated.rows,
    [`for ${length} tokens`]: extendedWords(extended.positions.name, extension),
    ...(options.modules === undefined
      ? {}
      : { "method from": options.modules.map((module) => module.path).join(", ") }),
    ...beside.rows,
    attention: attentionLines(extended, extension, length),
    capacity: `${tokens(extended.capacity)}${extended.capacity < length ? `, and not the ${length} asked for` : ""}`,
    "key-value cache": `${bytes(keyValueBytes)} (${keyValueBytes} bytes)`,
    ...(options.checkWeights ? { "weights are": "finite numbers, all of them" } : {}),
  };
  printFacts(rows, notices);
};

export const addInspect = (program: Command): void => {
  const command = withSharedOptions(
    program
      .command("inspect")
      .description("print what a model is, and the positions, capacity and key-value bytes for a wanted length")
      .argument("<model>", modelArgument)
      .option("--length <tokens>", "the wanted length; absent: the trained window", number)
      .option("--check-weights", "read all weights, and name those that are NaN or infinite"),
    "self-extend",
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk inspect stories260K --length 4096",
        "ropewalk inspect stories260K --length 2048 --method yarn --entropy log-n",
        "ropewalk inspect book.kv",
      ),
    )
    .action(inspect);
};
