/** `ropewalk inspect`: what a model is, and what a wanted length takes. */
import { extendDecoder, type ContextExtension } from "@ropewalk/decoder";
import { plannedCacheBytes } from "@ropewalk/generation";
import { parameterCount, storedBytes, weightBytes, type Checkpoint } from "@ropewalk/models";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";
import type { Command } from "commander";
import { extensionFor, open, modelArgument } from "../open-model.ts";
import { number, numbersFrom, withSharedOptions, type SharedOptions } from "../options.ts";
import { printFacts } from "../render/facts.ts";
import { bytes } from "../render/units.ts";

type InspectOptions = SharedOptions & { readonly length?: number };

const tokens = (count: number): string => (count === Infinity ? "unlimited" : `${count} tokens`);

/** `1.10 GB <between> F32, …` */
const listed = (counts: Readonly<Record<string, number>>, between: string): string =>
  Object.entries(counts)
    .map(([name, count]) => `${bytes(count)} ${between} ${name}`)
    .join(", ");

type Facts = { readonly rows: Readonly<Record<string, string>>; readonly report: Readonly<Record<string, unknown>> };

const checkpointFacts = (checkpoint: Checkpoint): Facts => {
  const parameters = parameterCount(checkpoint.decoder);
  const [stored, weights] = [storedBytes(checkpoint), weightBytes(checkpoint)];
  return {
    rows: {
      family: checkpoint.decoder.family,
      parameters: parameters.toLocaleString("en"),
      "weights, stored": listed(stored, "of"),
      "weights would be": listed(weights, "in"),
    },
    report: { family: checkpoint.decoder.family, parameters, storedBytes: stored, weightBytes: weights },
  };
};

/** An extension in a word: SelfExtend(groupSize 4, window 16), log-n. */
const inWords = ({ positions, rope, entropy }: ContextExtension): string =>
  [positions?.name, rope?.kind, entropy?.kind].filter((name) => name !== undefined).join(", ") || "nothing";

const exportFacts = ({ modelBytes, files, extension }: ExportedDecoder): Facts => {
  const extendedBy = inWords(extension());
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

const inspect = async (path: string, options: InspectOptions): Promise<void> => {
  const opened = await open(path, options);
  const { source } = opened;
  const { decoder } = source;
  const { numLayers, numHeads, numKvHeads, headDim, trainedContext, slidingWindow } = decoder;
  const { rows: own, report: ownReport } = source.kind === "checkpoint" ? checkpointFacts(source) : exportFacts(source);
  const length = options.length ?? trainedContext;
  const request = { ...options, trainedContext, length };
  const extended = extendDecoder(decoder, extensionFor(opened, options, length), options);
  const keyValueBytes = plannedCacheBytes(extended, { length });
  if (options.json) {
    const report = {
      ...{
        ...ownReport,
        numLayers,
        numHeads,
        numKvHeads,
        headDim,
        ropeScaling: decoder.rope.scaling.kind,
        trainedContext,
      },
      slidingWindow: slidingWindow ?? null,
      ...{ length, method: options.method, positions: extended.positions.name },
      ...numbersFrom(request),
      // JSON has no infinity.
      capacity: extended.capacity === Infinity ? null : extended.capacity,
      keyValueBytes,
      notices: extended.notices,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const rows = {
    ...own,
    family: `${own["family"]}, ${numLayers} layers, ${numHeads} heads (${numKvHeads} key-value) of ${headDim}`,
    "rope scaling": decoder.rope.scaling.kind,
    "trained window": tokens(trainedContext),
    ...(slidingWindow === undefined ? {} : { "sliding window": tokens(slidingWindow) }),
    [`for ${length} tokens`]: extended.positions.name,
    capacity: tokens(extended.capacity),
    "key-value cache": `${bytes(keyValueBytes)} (${keyValueBytes} bytes)`,
  };
  printFacts(rows, extended.notices);
};

export const addInspect = (program: Command): void => {
  const command = withSharedOptions(
    program
      .command("inspect")
      .description("print what a model is, and the positions, capacity and key-value bytes for a wanted length")
      .argument("<model>", modelArgument)
      .option("--length <tokens>", "the wanted length; absent: the trained window", number),
    "self-extend",
  );
  command.action(inspect);
};
