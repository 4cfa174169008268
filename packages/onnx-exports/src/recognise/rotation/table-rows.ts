/**
 * Rows of the tables of cosines and sines that rotary operators look up. The first rows, some in the middle and the last ones are
 * enough to tell a table. If a table lies in a file beside the model, the places of these rows are given here, and the caller
 * reads the file.
 */
import { innerGraphs, tensorToArray, type GraphProto, type ModelProto, type TensorProto } from "@ropewalk/graph";
import { check } from "../../errors.ts";
import { fileOf } from "../../graph/external-data.ts";
import { isExternal } from "../../graph/is-external.ts";

/** The place of some rows of a table in a file. */
export type TablePlace = {
  readonly tensor: string;
  /** The number of the first row. */
  readonly row: number;
  readonly location: string;
  /** In the file, in bytes. */
  readonly offset: number;
  readonly length: number;
};

/** Some rows of a table in a file, with their bytes. */
export type TableRows = TablePlace & { readonly bytes: Uint8Array };

/** Bytes of an element, by ONNX's number of its type. */
const widths: Readonly<Record<number, number>> = { 1: 4, 10: 2, 11: 8, 16: 2 };

/** The rows that are compared, as ranges [from, to). */
const ranges = (rows: number): readonly (readonly [number, number])[] => {
  const [first, few] = [64, 4];
  if (rows <= first + 2 * few) return [[0, rows]];
  const middle = Math.floor((first + rows - few) / 2);
  return [
    [0, first],
    [middle, middle + few],
    [rows - few, rows],
  ];
};

const placesOf = (tensor: TensorProto): readonly TablePlace[] => {
  const [rows = 0, columns = 0] = tensor.dims.map(Number);
  const width = widths[tensor.dataType];
  if (!isExternal(tensor) || tensor.dims.length !== 2 || width === undefined) return [];
  const { location, offset } = fileOf(tensor);
  return ranges(rows).map(([from, to]) => ({
    tensor: tensor.name,
    row: from,
    location,
    offset: offset + from * columns * width,
    length: (to - from) * columns * width,
  }));
};

/** The names of the tables that rotary operators take. */
const tableNames = (graph: GraphProto): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { opType, domain, input } of graph.node) {
    if (domain !== "com.microsoft") continue;
    const at = opType === "GroupQueryAttention" ? 7 : opType === "RotaryEmbedding" ? 2 : undefined;
    if (at !== undefined) for (const name of input.slice(at, at + 2)) names.add(name);
  }
  return names;
};

/** The constants that these names stand for. If a branch chooses a table, the constants of all its arms. */
const tensorsFor = (graph: GraphProto): readonly TensorProto[] => {
  const names = tableNames(graph);
  const constantsIn = (inner: GraphProto, wanted: ReadonlySet<string>): readonly TensorProto[] => [
    ...inner.initializer.filter(({ name }) => wanted.has(name)),
    ...inner.node.flatMap((node) => {
      if (!node.output.some((name) => wanted.has(name))) return [];
      const value = node.opType === "Constant" ? node.attribute.find(({ name }) => name === "value")?.t : undefined;
      const arms = innerGraphs(node).flatMap((arm) => {
        const inArm = new Set(arm.output.filter((_, i) => wanted.has(node.output[i] ?? "")).map(({ name }) => name));
        return [...constantsIn(arm, inArm), ...graph.initializer.filter(({ name }) => inArm.has(name))];
      });
      return value ? [value, ...arms] : arms;
    }),
  ];
  return constantsIn(graph, names);
};

/** The places of the rows of all tables that lie in files, each once. */
export const placesOfTables = ({ graph }: ModelProto): readonly TablePlace[] => {
  const places = tensorsFor(graph!).flatMap(placesOf);
  const keyOf = ({ location, offset, tensor }: TablePlace): string => `${location} ${offset} ${tensor}`;
  return [...new Map(places.map((place) => [keyOf(place), place])).values()];
};

/** Rows of a table: the number of the first one, and the elements [rows][columns]. */
export type Block = { readonly row: number; readonly rows: readonly Float64Array[] };

const rowsIn = (data: Float64Array, columns: number): readonly Float64Array[] =>
  Array.from({ length: columns === 0 ? 0 : data.length / columns }, (_, r) =>
    data.subarray(r * columns, (r + 1) * columns),
  );

/** The given rows that lie at a place. */
const rowsAt = (place: TablePlace, given: readonly TableRows[]): TableRows | undefined =>
  given.find(
    ({ location, offset, length }) => location === place.location && offset === place.offset && length === place.length,
  );

const blocksInFile = (tensor: TensorProto, given: readonly TableRows[]): readonly Block[] | undefined => {
  const columns = Number(tensor.dims[1]);
  const blocks: Block[] = [];
  for (const place of placesOf(tensor)) {
    const found = rowsAt(place, given);
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

/** The rows of a table that are compared; undefined when they lie in a file and were not given. */
export const blocksOf = (tensor: TensorProto, given: readonly TableRows[]): readonly Block[] | undefined => {
  if (isExternal(tensor)) return blocksInFile(tensor, given);
  const { dims, data } = tensorToArray(tensor);
  const all = rowsIn(data, dims[1] ?? 0);
  return ranges(all.length).map(([from, to]) => ({ row: from, rows: all.slice(from, to) }));
};

/** The names of rotary tables whose rows lie in a file and were not given. */
export const unreadTables = (graph: GraphProto, given: readonly TableRows[]): readonly string[] => {
  const unread = tensorsFor(graph).filter((tensor) =>
    placesOf(tensor).some((place) => rowsAt(place, given) === undefined),
  );
  return [...new Set(unread.map(({ name }) => name))];
};
