/** `ropewalk inspect`: what a model is, and what a wanted length takes. */
import { extendDecoder } from "@ropewalk/decoder";
import { plannedCacheBytes } from "@ropewalk/generation";
import { parameterCount, storedBytes, weightBytes } from "@ropewalk/models";
import type { Command } from "commander";
import { open } from "../open-model.ts";
import { extensionFrom, number, numbersFrom, withSharedOptions, type SharedOptions } from "../options.ts";
import { printFacts } from "../render/facts.ts";
import { bytes } from "../render/units.ts";

type InspectOptions = SharedOptions & { readonly length?: number };

const tokens = (count: number): string => (count === Infinity ? "unlimited" : `${count} tokens`);

/** `1.10 GB <between> F32, …` */
const listed = (counts: Readonly<Record<string, number>>, between: string): string =>
  Object.entries(counts)
    .map(([name, count]) => `${bytes(count)} ${between} ${name}`)
    .join(", ");

const inspect = async (path: string, options: InspectOptions): Promise<void> => {
  const { checkpoint, decoder } = await open(path, options);
  const { family, numLayers, numHeads, numKvHeads, headDim, trainedContext, slidingWindow } = decoder;
  const length = options.length ?? trainedContext;
  const request = { ...options, trainedContext, length };
  const extended = extendDecoder(decoder, extensionFrom(request), options);
  const keyValueBytes = plannedCacheBytes(extended, { length });
  const parameters = parameterCount(decoder);
  const [stored, weights] = [storedBytes(checkpoint), weightBytes(checkpoint)];
  if (options.json) {
    const report = {
      ...{ family, numLayers, numHeads, numKvHeads, headDim, ropeScaling: decoder.rope.scaling.kind, trainedContext },
      ...{ slidingWindow: slidingWindow ?? null, parameters, storedBytes: stored, weightBytes: weights },
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
    family: `${family}, ${numLayers} layers, ${numHeads} heads (${numKvHeads} key-value) of ${headDim}`,
    "rope scaling": decoder.rope.scaling.kind,
    "trained window": tokens(trainedContext),
    ...(slidingWindow === undefined ? {} : { "sliding window": tokens(slidingWindow) }),
    parameters: parameters.toLocaleString("en"),
    "weights, stored": listed(stored, "of"),
    "weights would be": listed(weights, "in"),
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
      .argument("<model>", "a checkpoint's folder, an id on the hub (owner/name), or the name of a shipped model")
      .option("--length <tokens>", "the wanted length; absent: the trained window", number),
    "self-extend",
  );
  command.action(inspect);
};
