/** Where a model's graph comes from: a checkpoint that it is recorded for, or what another tool exported. */
import { decoderGraph, type ExtendedDecoder } from "@ropewalk/decoder";
import type { Backend, ExternalData } from "@ropewalk/backend";
import { encode } from "@ropewalk/graph";
import { unpackCheckpoint, type Checkpoint } from "@ropewalk/models";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";
import { match } from "ts-pattern";

export type ModelSource = Checkpoint | ExportedDecoder;

/** An encoded graph, and the files that its weights lie in. */
export type SourceGraph = { readonly model: Uint8Array; readonly externalData: readonly ExternalData[] };

/**
 * The graph of a model under an extension.
 *
 * @param blocks - how the backend wants matrices in blocks; an export has them as it has them
 */
export const graphOf = (
  source: ModelSource,
  extended: ExtendedDecoder,
  blocks: Backend["blocks"],
): Promise<SourceGraph> =>
  match(source)
    .with({ kind: "checkpoint" }, async (checkpoint) => {
      const stored = blocks === "unpacked" ? await unpackCheckpoint(checkpoint) : checkpoint;
      return {
        model: encode(decoderGraph({ ...extended, decoder: checkpoint.decoder }, stored)),
        externalData: stored.files.map(({ external }) => external),
      };
    })
    .with({ kind: "export" }, async ({ graph, files }) => ({
      model: graph(extended),
      externalData: files.map(({ external }) => external),
    }))
    .exhaustive();

/**
 * Checks that a model's graph computes what an extension asks for; one that is recorded here does.
 *
 * @throws RangeError that names the node of an export and what it cannot do
 */
export const checkSource = (source: ModelSource, extended: ExtendedDecoder): void => {
  if (source.kind === "export") source.check(extended);
};

/**
 * A source that must be a checkpoint.
 *
 * @throws TypeError naming who asks
 */
export const needCheckpoint = (who: string, source: ModelSource): Checkpoint => {
  if (source.kind !== "checkpoint")
    throw new TypeError(`${who}: ${source.name} must be a checkpoint in safetensors, got an ONNX export`);
  return source;
};
