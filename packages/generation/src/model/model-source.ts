/** Where a model's graphs come from: a checkpoint that graphs are recorded for, or a graph that another tool exported. */
import { multiStepGraph, decoderGraph, type AskedAttentions, type ExtendedDecoder } from "@ropewalk/decoder";
import type { Backend, ExternalData } from "@ropewalk/backend";
import { byKind } from "@ropewalk/check";
import type { ModelProto } from "@ropewalk/graph";
import {
  holdCheckpoint,
  materializeFiles,
  unpackCheckpoint,
  upcastCheckpoint,
  type Checkpoint,
  type HeldCheckpoint,
} from "@ropewalk/models";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";

export type ModelSource = Checkpoint | ExportedDecoder;

/** A graph, and the files with its weights. */
export type SourceGraph = { readonly model: ModelProto; readonly externalData: readonly ExternalData[] };

export type SourceGraphs = {
  /** Gives the graph for chunks of any length. */
  readonly chunk: () => Promise<SourceGraph>;
  /** Gives the graph for several decode steps in one run. Absent where the backend has no Loop. */
  readonly multiStep?: () => Promise<SourceGraph>;
};

/** The properties of a backend that decide how a graph is recorded. */
type Traits = Pick<Backend, "name" | "quantizedWeights" | "operators" | "attention" | "precision" | "weightTypes">;

/** The checkpoint in a form that the backend can run, and runs well. */
export const prepareCheckpoint = async (
  { quantizedWeights, weightTypes }: Pick<Traits, "quantizedWeights" | "weightTypes">,
  checkpoint: Checkpoint,
): Promise<HeldCheckpoint> => {
  const unpacked = quantizedWeights === "unpacked" ? await unpackCheckpoint(checkpoint) : checkpoint;
  return holdCheckpoint(weightTypes.includes("bfloat16") ? unpacked : await upcastCheckpoint(unpacked));
};

/** Gives the chunk graph. It also gives out the attention of some layers, or runs several texts of one length, where asked for. */
export const chunkOf = (
  source: ModelSource,
  extended: ExtendedDecoder,
  traits: Traits,
  asked: { readonly attentions?: AskedAttentions; readonly batch?: number } = {},
): (() => Promise<SourceGraph>) =>
  byKind<ModelSource, () => Promise<SourceGraph>, []>("loadModel", "source", source, {
    checkpoint: (checkpoint) => async () => {
      const stored = await prepareCheckpoint(traits, checkpoint);
      const { operators, attention, precision } = traits;
      const options = { operators, attention, precision, ...asked };
      return {
        model: decoderGraph({ ...extended, decoder: checkpoint.decoder }, stored, options),
        externalData: stored.files.map(({ external }) => external),
      };
    },
    export:
      ({ name, graph, files }) =>
      async () => {
        if (traits.precision !== "float32")
          throw new RangeError(
            `loadModel: ${name} is an ONNX export, whose products are as they were exported: it needs a backend with the precision ` +
              `float32, got ${traits.name} with ${traits.precision}`,
          );
        if (traits.attention !== "operators")
          throw new RangeError(
            `loadModel: ${name} is an ONNX export, whose graph is not cut at its layers: it needs a backend that attends by operators, ` +
              `got ${traits.name} with ${traits.attention}`,
          );
        return {
          model: graph(extended, { operators: traits.operators, attentions: asked.attentions }),
          externalData: (await materializeFiles(files)).map(({ external }) => external),
        };
      },
  });

/** The graphs of a model under an extension, for a backend. */
export const graphsOf = (source: ModelSource, extended: ExtendedDecoder, traits: Traits): SourceGraphs => {
  const chunk = chunkOf(source, extended, traits);
  if (traits.operators !== "all") return { chunk };
  const multiStep = async (): Promise<SourceGraph> => {
    const { model, externalData } = await chunk();
    return { model: multiStepGraph(extended.decoder, model), externalData };
  };
  return { chunk, multiStep };
};

/**
 * Checks that a model's graph can compute an extension. A graph that is recorded here always can.
 *
 * @throws RangeError that names the node of an export that cannot
 */
export const checkSource = (source: ModelSource, extended: ExtendedDecoder): void => {
  if (source.kind === "export") source.check(extended);
};

/**
 * Gives the source as a checkpoint.
 *
 * @throws TypeError naming the function, where the source is an ONNX export
 */
export const needCheckpoint = (where: string, source: ModelSource): Checkpoint => {
  if (source.kind !== "checkpoint")
    throw new TypeError(`${where}: ${source.name} must be a checkpoint in safetensors, got an ONNX export`);
  return source;
};
