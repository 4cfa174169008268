/** Where a model's graphs come from: a checkpoint that they are recorded for, or what another tool exported. */
import { blockGraph, decoderGraph, type ExtendedDecoder } from "@ropewalk/decoder";
import type { Backend, ExternalData } from "@ropewalk/backend";
import { encode } from "@ropewalk/graph";
import { unpackCheckpoint, type Checkpoint } from "@ropewalk/models";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";
import { match } from "ts-pattern";

export type ModelSource = Checkpoint | ExportedDecoder;

/** An encoded graph, and the files that its weights lie in. */
export type SourceGraph = { readonly model: Uint8Array; readonly externalData: readonly ExternalData[] };

export type SourceGraphs = {
  /** For chunks of any length. */
  readonly chunk: () => Promise<SourceGraph>;
  /** For blocks of decode steps; absent where the decoder is not recorded here. */
  readonly block?: () => Promise<SourceGraph>;
};

/**
 * The graphs of a model under an extension.
 *
 * @param blocks - how the backend wants matrices in blocks; an export has them as it has them
 */
export const graphsOf = (source: ModelSource, extended: ExtendedDecoder, blocks: Backend["blocks"]): SourceGraphs =>
  match(source)
    .with({ kind: "checkpoint" }, (checkpoint): SourceGraphs => {
      const recorded = (record: typeof decoderGraph) => async (): Promise<SourceGraph> => {
        const stored = blocks === "unpacked" ? await unpackCheckpoint(checkpoint) : checkpoint;
        return {
          model: encode(record({ ...extended, decoder: checkpoint.decoder }, stored)),
          externalData: stored.files.map(({ external }) => external),
        };
      };
      return { chunk: recorded(decoderGraph), block: recorded(blockGraph) };
    })
    .with({ kind: "export" }, ({ graph, files }) => ({
      chunk: async () => ({ model: graph(extended), externalData: files.map(({ external }) => external) }),
    }))
    .exhaustive();

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
