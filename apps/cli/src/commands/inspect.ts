/** `ropewalk inspect`: what a model is, and what a wanted length takes. */
import { extendDecoder } from "@ropewalk/decoder";
import { plannedCacheBytes } from "@ropewalk/generation";
import type { Command } from "commander";
import { open } from "../open-model.ts";
import { extensionFrom, number, numbersFrom, withSharedOptions, type SharedOptions } from "../options.ts";
import { bytes } from "../render/units.ts";

type InspectOptions = SharedOptions & { readonly length?: number };

const tokens = (count: number): string => (count === Infinity ? "unlimited" : `${count} tokens`);

const inspect = async (path: string, options: InspectOptions): Promise<void> => {
  const { decoder } = await open(path, options);
  const { trainedContext } = decoder;
  const length = options.length ?? trainedContext;
  const request = { ...options, trainedContext, length };
  const extended = extendDecoder(decoder, extensionFrom(request));
  const keyValueBytes = plannedCacheBytes(extended, { length, chunkLength: Math.min(512, length) });
  const { family, numLayers, numHeads, numKvHeads, headDim } = decoder;
  if (options.json) {
    const report = {
      ...{ family, numLayers, numHeads, numKvHeads, headDim, ropeScaling: decoder.rope.scaling.kind, trainedContext },
      ...{ length, method: options.method, positions: extended.positions.name },
      ...numbersFrom(request),
      // JSON has no infinity.
      capacity: extended.capacity === Infinity ? null : extended.capacity,
      keyValueBytes,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else
    for (const [name, value] of Object.entries({
      family: `${family}, ${numLayers} layers, ${numHeads} heads (${numKvHeads} key-value) of ${headDim}`,
      "rope scaling": decoder.rope.scaling.kind,
      "trained window": tokens(trainedContext),
      [`for ${length} tokens`]: extended.positions.name,
      capacity: tokens(extended.capacity),
      "key-value cache": `${bytes(keyValueBytes)} (${keyValueBytes} bytes)`,
    }))
      process.stdout.write(`${name.padEnd(18)} ${value}\n`);
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
