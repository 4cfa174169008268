/**
 * Losses, gradients and steps of AdamW of a checkpoint beside those that another implementation wrote down, as the largest differences;
 * those of gradients are relative to each tensor's largest element.
 */
import { join } from "node:path";
import type { Backend } from "@ropewalk/backend";
import { extendDecoder } from "@ropewalk/decoder";
import {
  adamWStep,
  clipGradients,
  openLossGraph,
  readParameters,
  startAdamW,
  type Gradients,
} from "@ropewalk/finetune";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "../numbers/largest-difference.ts";
import { extensionOf, readTensors, readTraining, type Method } from "./training-vectors.ts";

export type TrainingDifferences = {
  readonly cases: readonly { readonly name: string; readonly loss: number; readonly gradients: number }[];
  /** Of all steps, and of the weights behind the last. */
  readonly trajectory: { readonly loss: number; readonly norm: number; readonly parameters: number };
};

/** @throws Error when a file is missing, or tensors have other names than the checkpoint's */
export const compareTraining = async (
  backend: Backend,
  folder: string,
  checkpointFolder: string | URL,
): Promise<TrainingDifferences> => {
  const { ids, labels, cases, trajectory } = readTraining(folder);
  const checkpoint = await loadCheckpoint(await openFolder(checkpointFolder));
  const { decoder } = checkpoint;
  const open = async (method: Method, rows: readonly (readonly number[])[]) => {
    const parameters = await readParameters(checkpoint);
    const extended = extendDecoder(decoder, extensionOf(method, decoder.rope.theta));
    const batch = { batchSize: rows.length, seqLen: rows[0]!.length };
    return { parameters, graph: await openLossGraph({ backend, extended, batch, learned: Object.keys(parameters) }) };
  };
  const compareGradients = async (gradients: Gradients, file: string): Promise<number> => {
    const expected = await readTensors(join(folder, file));
    const [own, theirs] = [gradients, expected].map((all) => Object.keys(all).sort().join());
    if (own !== theirs) throw new Error(`check:training: ${file} must have gradients of ${own}, got ${theirs}`);
    return Math.max(
      ...Object.entries(expected).map(([name, { data }]) => {
        const scale = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        return largestDifference(gradients[name]!, data) / scale;
      }),
    );
  };

  const compared: TrainingDifferences["cases"][number][] = [];
  for (const one of cases) {
    const { parameters, graph } = await open(one, ids);
    const { loss, gradients } = await graph.gradients(parameters, { ids, labels });
    await graph.release();
    const difference = Math.abs(loss - one.loss);
    compared.push({ name: one.name, loss: difference, gradients: await compareGradients(gradients, one.gradients) });
  }

  const { parameters, graph } = await open(trajectory.extension, trajectory.ids[0]!);
  let state = startAdamW(parameters);
  let [loss, norm] = [0, 0];
  for (const [step, expected] of trajectory.steps.entries()) {
    const found = await graph.gradients(parameters, { ids: trajectory.ids[step]! });
    loss = Math.max(loss, Math.abs(found.loss - expected.loss));
    norm = Math.max(norm, Math.abs(clipGradients(found.gradients, 1) - expected.globalNorm));
    state = adamWStep({}, expected.rate, parameters, found.gradients, state);
  }
  await graph.release();
  const after = await readTensors(join(folder, trajectory.parameters));
  const weights = Object.entries(after).map(([name, { data }]) =>
    largestDifference(parameters[name]?.data ?? [], data),
  );
  return { cases: compared, trajectory: { loss, norm, parameters: Math.max(...weights) } };
};
