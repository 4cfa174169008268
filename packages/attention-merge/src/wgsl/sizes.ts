/** The numbers that change from call to call: a uniform buffer of whole numbers, which both shaders read. */
import type { CacheRows, Shape } from "./shape.ts";

type Sizes = {
  readonly numHeads: number;
  /** headDim / 4 */
  readonly headColumns: number;
  readonly group: number;
  readonly queryLen: number;
  readonly start: number;
  readonly window: number;
  /** The keys from `firstKey` to before `endKey` are attended to. */
  readonly firstKey: number;
  readonly endKey: number;
  /** The first key that has a near row; the token whose row is the first one; the number of rows. */
  readonly nearFirst: number;
  readonly nearBase: number;
  readonly nearCapacity: number;
  /** The same of the rows of far keys and values. */
  readonly keyBase: number;
  readonly keyCapacity: number;
  /** The number of splits of this pass, and of those of all parts; the place of this pass's first among all. */
  readonly splits: number;
  readonly slices: number;
  readonly firstSlice: number;
};

const order: readonly (keyof Sizes)[] = [
  "numHeads",
  "headColumns",
  "group",
  "queryLen",
  "start",
  "window",
  "firstKey",
  "endKey",
  "nearFirst",
  "nearBase",
  "nearCapacity",
  "keyBase",
  "keyCapacity",
  "splits",
  "slices",
  "firstSlice",
];

/** The struct in WGSL. */
export const sizesStruct: string = `struct Sizes {\n${order.map((name) => `  ${name}: u32,\n`).join("")}  softcap: f32,\n}`;

/** The place of a pass's partial results among those of all passes. */
export type Slices = Pick<Sizes, "splits" | "slices" | "firstSlice">;

/** The token whose row is the first one in the round of a ring that holds `first`. Keys from it on lie in rows 0, 1, … and then from 0 again. */
const baseOf = ({ start, capacity }: CacheRows, first: number): number =>
  start + Math.floor((first - start) / capacity) * capacity;

/** The contents of the uniform buffer, whose size is a multiple of 16 bytes. */
export const sizesOf = (shape: Shape, slices: Slices): Uint32Array<ArrayBuffer> => {
  const { keys, near, rows, nearFirst } = shape;
  const sizes: Sizes = {
    ...shape,
    ...slices,
    firstKey: keys.from,
    endKey: keys.to,
    nearFirst,
    nearBase: baseOf(near, nearFirst),
    nearCapacity: near.capacity,
    keyBase: baseOf(rows, keys.from),
    keyCapacity: rows.capacity,
    headColumns: shape.headDim / 4,
  };
  const words = new Uint32Array(Math.ceil((order.length + 1) / 4) * 4);
  words.set(order.map((name) => sizes[name]));
  // The one number that is not whole: the bound of scores, which only a shader of capped scores reads.
  new Float32Array(words.buffer)[order.length] = shape.softcap ?? 0;
  return words;
};
