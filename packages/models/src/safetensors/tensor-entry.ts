/**
 * One tensor of a safetensors header:
 *
 *     "<name>": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }
 *
 *     end - begin = product(shape) * bytes of the type,     0 <= begin <= end <= bytes of data in the file
 */
import { check, show, showName } from "@ropewalk/check";
import { configObject } from "../config/config-object.ts";
import { numElements } from "./num-elements.ts";

/** Bytes of one element, by type. */
const widths = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
} as const;

export type TensorType = keyof typeof widths;

const types = Object.keys(widths) as readonly TensorType[];
const typeNames = types.join(", ");

/** Where a tensor's elements lie: row-major, little-endian. */
export type TensorEntry = {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly file: string;
  /** In bytes, from the start of the file. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
};

/** Where the data of a file begins and how long it is, in bytes. */
export type DataPart = { readonly file: string; readonly start: number; readonly length: number };

const areSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const isRange = (value: unknown): value is readonly [number, number] => areSizes(value) && value.length === 2;

/** The entry that the header gives for a name. */
export const tensorEntry = ({ file, start, length }: DataPart, name: string, stated: unknown): TensorEntry => {
  const at = `readSafetensorsHeader: ${file}: ${showName(name)}`;
  const { dtype, shape: dims, data_offsets: range } = configObject(at, stated).values;
  const type = types.find((known) => known === dtype);
  check(type !== undefined, `${at}: dtype must be one of ${typeNames}`, dtype, "string");
  check(areSizes(dims), `${at}: shape must be integers of at least 0`, dims, "object");
  check(isRange(range), `${at}: data_offsets must be two integers of at least 0`, range, "object");
  const [begin, end] = range;
  check(begin <= end && end <= length, `${at}: data_offsets must ascend within the file's ${length} bytes of data`, [
    begin,
    end,
  ]);
  // With a 0 among them the other dimensions may be so large that their product is infinite, and 0 times it no number.
  const elements = dims.includes(0) ? 0 : numElements(dims);
  check(
    end - begin === elements * widths[type],
    `${at}: data_offsets must span ${elements * widths[type]} bytes for ${type} ${show(dims)}`,
    end - begin,
  );
  return { name, type, dims, file, offset: start + begin, length: end - begin };
};
