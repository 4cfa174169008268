/** Looks for weights that are not finite, before anything is run. */
import { byKind, showName } from "@ropewalk/check";
import { extendDecoder, type WeightType } from "@ropewalk/decoder";
import { innerGraphs, type GraphProto, type TensorProto } from "@ropewalk/graph";
import { firstNonFinite, nonFiniteWeights, type NonFinite } from "@ropewalk/models";
import type { ExportedDecoder } from "@ropewalk/onnx-exports";
import type { ModelSource } from "./model-source.ts";

/** Element types by ONNX's numbers. */
const types: Readonly<Record<number, WeightType>> = { 1: "float32", 10: "float16", 16: "bfloat16" };

const tensorsOf = ({ initializer, node }: GraphProto): readonly TensorProto[] => [
  ...initializer,
  ...node.flatMap((each) => innerGraphs(each).flatMap(tensorsOf)),
];

/** Looks through the tensors of an export. They may hold -Infinity, as masks do. */
const nonFiniteInGraph = async (source: ExportedDecoder): Promise<readonly NonFinite[]> => {
  const { files, decoder } = source;
  const model = source.graph(extendDecoder(decoder, source.extension()));
  const found: NonFinite[] = [];
  for (const { name, dataType, externalData, rawData } of tensorsOf(model.graph!)) {
    const type = types[dataType];
    if (type === undefined) continue;
    const entry = (key: string): string | undefined => externalData.find((each) => each.key === key)?.value;
    const location = entry("location");
    const inFile = files.find(({ external }) => external.file === location)?.source;
    const read = inFile ?? {
      size: rawData.length,
      read: async (from: number, to: number) => rawData.subarray(from, to),
    };
    const [offset, length] = inFile
      ? [Number(entry("offset") ?? 0), Number(entry("length") ?? inFile.size)]
      : [0, rawData.length];
    const first = await firstNonFinite({ name, type, source: read, offset, length });
    if (first !== undefined && first.value !== -Infinity) found.push(first);
  }
  return found;
};

const inWords = ({ tensor, index, value }: NonFinite): string => `${value} at ${index} of ${showName(tensor)}`;

/**
 * Reads and checks all weights of a model.
 *
 * @throws RangeError that names the tensors with a weight that is NaN or infinite, and its place in each
 */
export const checkWeights = async (source: ModelSource): Promise<void> => {
  const found = await byKind<ModelSource, Promise<readonly NonFinite[]>, []>("checkWeights", "source", source, {
    checkpoint: (checkpoint) => nonFiniteWeights(checkpoint),
    export: nonFiniteInGraph,
  });
  if (found.length === 0) return;
  const shown = found.slice(0, 8).map(inWords);
  const more = found.length > shown.length ? `, and more in ${found.length - shown.length} tensors` : "";
  throw new RangeError(
    `checkWeights: weights of ${showName(source.name)} must be finite numbers, got ${shown.join(", ")}${more}`,
  );
};
