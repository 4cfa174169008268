/** `ropewalk inspect`: what a model is, and what a wanted length takes. */
import { plannedCacheBytes } from "@ropewalk/generation";
import type { Command } from "commander";
import { openModel } from "../open-model.ts";
import { extensionFrom, number, withSharedOptions, type SharedOptions } from "../options.ts";
import { bytes } from "../render/units.ts";
import { chooseSelfExtend } from "@ropewalk/position-mapping";

type InspectOptions = SharedOptions & { readonly length?: number };

const inspect = async (path: string, options: InspectOptions): Promise<void> => {
  const plain = await openModel(path, options);
  const { decoder } = plain.extended;
  const length = options.length ?? decoder.trainedContext;
  const { trainedContext } = decoder;
  const model = await plain.withExtension(extensionFrom(options, { trainedContext, length }));
  const chosen = chooseSelfExtend({ trainedContext, length });
  const { capacity, positions } = model.extended;
  const report = {
    family: decoder.family,
    numLayers: decoder.numLayers,
    numHeads: decoder.numHeads,
    numKvHeads: decoder.numKvHeads,
    headDim: decoder.headDim,
    ropeScaling: decoder.rope.scaling.kind,
    trainedContext,
    length,
    method: positions.name,
    capacity: capacity === Infinity ? "unlimited" : capacity,
    chosenGroupSize: chosen.groupSize,
    chosenWindow: chosen.window,
    keyValueBytes: plannedCacheBytes(model.extended, { length, chunkLength: Math.min(512, length) }),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else
    for (const [name, value] of Object.entries({
      family: `${report.family}, ${report.numLayers} layers, ${report.numHeads} heads (${report.numKvHeads} key-value) of ${report.headDim}`,
      "rope scaling": report.ropeScaling,
      "trained window": `${trainedContext} tokens`,
      positions: report.method,
      capacity: typeof report.capacity === "number" ? `${report.capacity} tokens` : report.capacity,
      [`for ${length} tokens`]: `groupSize ${chosen.groupSize}, window ${chosen.window}`,
      "key-value cache": `${bytes(report.keyValueBytes)} (${report.keyValueBytes} bytes)`,
    }))
      process.stdout.write(`${name.padEnd(18)} ${value}\n`);
  await model.release();
};

export const addInspect = (program: Command): void => {
  withSharedOptions(
    program
      .command("inspect")
      .description("print what a model is, and the G, W, capacity and key-value bytes for a length")
      .argument("<model>", "a checkpoint's folder, or the name of a shipped model")
      .option("--length <tokens>", "the wanted length; absent: the trained window", number),
  ).action(inspect);
};
