/** The numbers that change from call to call: a uniform buffer of whole numbers, which both shaders read. */
import type { Shape } from "./shape.ts";

type Sizes = {
  readonly numHeads: number;
  /** headDim / 4 */
  readonly headColumns: number;
  readonly group: number;
  readonly queryLen: number;
  readonly start: number;
  readonly window: number;
  readonly nearStart: number;
  readonly nearCapacity: number;
  readonly keyCapacity: number;
  readonly splits: number;
};

const order: readonly (keyof Sizes)[] = [
  "numHeads",
  "headColumns",
  "group",
  "queryLen",
  "start",
  "window",
  "nearStart",
  "nearCapacity",
  "keyCapacity",
  "splits",
];

/** The struct in WGSL. */
export const sizesStruct: string = `struct Sizes {\n${order.map((name) => `  ${name}: u32,\n`).join("")}}`;

/** The contents of the uniform buffer, whose size is a multiple of 16 bytes. */
export const sizesOf = (shape: Shape, splits: number): Uint32Array<ArrayBuffer> => {
  const sizes: Sizes = {
    ...shape,
    nearStart: shape.near.start,
    nearCapacity: shape.near.capacity,
    splits,
    headColumns: shape.headDim / 4,
  };
  const words = new Uint32Array(Math.ceil(order.length / 4) * 4);
  words.set(order.map((name) => sizes[name]));
  return words;
};
