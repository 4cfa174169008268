/**
 * Rows of the tables of cosines and sines that rotary operators look up. Where the tables lie in a file beside the model, it is
 * known which bytes are asked for, and somebody else reads them: first rows, some in the middle and the last ones tell a table.
 */
import { innerGraphs, tensorToArray, type GraphProto, type ModelProto, type TensorProto } from "@ropewalk/graph";
import { check } from "../../errors.ts";
import { fileOf } from "../../graph/external-data.ts";

/** Some rows of a table in a file. */
export type TablePlace = {
  readonly tensor: string;
  /** The first of them. */
  readonly row: number;
  readonly location: string;
  /** In bytes, in the file. */
  readonly offset: number;
  readonly length: number;
};

/** The same, read. */
export type TableRows = TablePlace & { readonly bytes: Uint8Array };

/** Bytes an element, by ONNX's number of the type. */
const widths: Readonly<Record<number, number>> = { 1: 4, 10: 2, 11: 8, 16: 2 };

const external = 1;

/** Which rows are looked at: [from, to). */
const ranges = (rows: number): readonly (readonly [number, number])[] => {
  const [first, some] = [64, 4];
  if (rows <= first + 2 * some) return [[0, rows]];
  const middle = Math.floor((first + rows - some) / 2);
  return [
    [0, first],
    [middle, middle + some],
    [rows - some, rows],
  ];
};

const placesOf = (tensor: TensorProto): readonly TablePlace[] => {
  const [rows = 0, columns = 0] = tensor.dims.map(Number);
  const width = widths[tensor.dataType];
  if (tensor.dataLocation !== external || tensor.dims.length !== 2 || width === undefined) return [];
  const { location, offset } = fileOf(tensor);
  return ranges(rows).map(([from, to]) => ({
    ...{ tensor: tensor.name, row: from, location },
    offset: offset + from * columns * width,
    length: (to - from) * columns * width,
  }));
};

/** Names that rotary operators take tables by, and those that they come from through branches. */
const tableNames = (graph: GraphProto): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { opType, domain, input } of graph.node) {
    if (domain !== "com.microsoft") continue;
    const at = opType === "GroupQueryAttention" ? 7 : opType === "RotaryEmbedding" ? 2 : undefined;
    if (at !== undefined) for (const name of input.slice(at, at + 2)) names.add(name);
  }
  return names;
};

/** The constants of a graph that its tables may be, also those in branches that choose between them. */
const tensorsFor = (graph: GraphProto): readonly TensorProto[] => {
  const names = tableNames(graph);
  const within = (inner: GraphProto, asked: ReadonlySet<string>): readonly TensorProto[] => [
    ...inner.initializer.filter(({ name }) => asked.has(name)),
    ...inner.node.flatMap((node) => {
      if (!node.output.some((name) => asked.has(name))) return [];
      const value = node.opType === "Constant" ? node.attribute.find(({ name }) => name === "value")?.t : undefined;
      const arms = innerGraphs(node).flatMap((arm) => {
        const given = new Set(arm.output.filter((_, i) => asked.has(node.output[i] ?? "")).map(({ name }) => name));
        return [...within(arm, given), ...graph.initializer.filter(({ name }) => given.has(name))];
      });
      return value ? [value, ...arms] : arms;
    }),
  ];
  return within(graph, names);
};

/** The rows that {@link TableRows} are wanted of, in files. */
export const placesOfTables = ({ graph }: ModelProto): readonly TablePlace[] => {
  const places = tensorsFor(graph!).flatMap(placesOf);
  const keyOf = ({ location, offset, tensor }: TablePlace): string => `${location} ${offset} ${tensor}`;
  return [...new Map(places.map((place) => [keyOf(place), place])).values()];
};

/** Rows of a table: the first one's number, and their elements [rows][columns]. */
export type Block = { readonly row: number; readonly rows: readonly Float64Array[] };

const rowsIn = (data: Float64Array, columns: number): readonly Float64Array[] =>
  Array.from({ length: columns === 0 ? 0 : data.length / columns }, (_, r) =>
    data.subarray(r * columns, (r + 1) * columns),
  );

const inFile = (tensor: TensorProto, given: readonly TableRows[]): readonly Block[] | undefined => {
  const columns = Number(tensor.dims[1]);
  const blocks: Block[] = [];
  for (const place of placesOf(tensor)) {
    const found = given.find(
      ({ location, offset, length }) =>
        location === place.location && offset === place.offset && length === place.length,
    );
    if (found === undefined) return undefined;
    check(
      found.bytes.length === place.length,
      `tables: rows of "${place.tensor}" must have ${place.length} bytes`,
      found.bytes.length,
    );
    const { data } = tensorToArray({
      ...tensor,
      dims: [BigInt(place.length / columns / widths[tensor.dataType]!), BigInt(columns)],
      dataLocation: 0,
      externalData: [],
      rawData: Uint8Array.from(found.bytes),
    });
    blocks.push({ row: place.row, rows: rowsIn(data, columns) });
  }
  return blocks;
};

/** The rows of a table that are looked at; undefined when they lie in a file and were not given. */
export const blocksOf = (tensor: TensorProto, given: readonly TableRows[]): readonly Block[] | undefined => {
  if (tensor.dataLocation === external) return inFile(tensor, given);
  const { dims, data } = tensorToArray(tensor);
  const all = rowsIn(data, dims[1] ?? 0);
  return ranges(all.length).map(([from, to]) => ({ row: from, rows: all.slice(from, to) }));
};
