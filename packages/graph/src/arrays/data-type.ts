// The element types of tensors: their number in ONNX, their width, the values they hold, and their little-endian bytes.

import { show } from "@ropewalk/check";
import { TensorProto_DataType as Code } from "../proto/onnx_pb.ts";
import { bfloat16, float16, fromBits, toBits } from "./small-float.ts";

/** An element type, by the name that typed arrays use. */
export type DataType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

type Layout = {
  /** The value of `TensorProto.DataType`. */
  readonly code: number;
  /** Bytes an element. */
  readonly width: number;
  /** Smallest and largest integer; absent for floating-point types. */
  readonly range?: readonly [number, number];
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, x: number) => void;
};

const safe = Number.MAX_SAFE_INTEGER;

/** How each element type is stored. 64-bit integers are exact up to 2^53. */
export const layouts: Readonly<Record<DataType, Layout>> = {
  float32: {
    code: Code.FLOAT,
    width: 4,
    read: (v, at) => v.getFloat32(at, true),
    write: (v, at, x) => v.setFloat32(at, x, true),
  },
  float64: {
    code: Code.DOUBLE,
    width: 8,
    read: (v, at) => v.getFloat64(at, true),
    write: (v, at, x) => v.setFloat64(at, x, true),
  },
  float16: {
    code: Code.FLOAT16,
    width: 2,
    read: (v, at) => fromBits(float16, v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, toBits(float16, x), true),
  },
  bfloat16: {
    code: Code.BFLOAT16,
    width: 2,
    read: (v, at) => fromBits(bfloat16, v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, toBits(bfloat16, x), true),
  },
  int8: {
    code: Code.INT8,
    width: 1,
    range: [-128, 127],
    read: (v, at) => v.getInt8(at),
    write: (v, at, x) => v.setInt8(at, x),
  },
  uint8: {
    code: Code.UINT8,
    width: 1,
    range: [0, 255],
    read: (v, at) => v.getUint8(at),
    write: (v, at, x) => v.setUint8(at, x),
  },
  int16: {
    code: Code.INT16,
    width: 2,
    range: [-32768, 32767],
    read: (v, at) => v.getInt16(at, true),
    write: (v, at, x) => v.setInt16(at, x, true),
  },
  uint16: {
    code: Code.UINT16,
    width: 2,
    range: [0, 65535],
    read: (v, at) => v.getUint16(at, true),
    write: (v, at, x) => v.setUint16(at, x, true),
  },
  int32: {
    code: Code.INT32,
    width: 4,
    range: [-(2 ** 31), 2 ** 31 - 1],
    read: (v, at) => v.getInt32(at, true),
    write: (v, at, x) => v.setInt32(at, x, true),
  },
  uint32: {
    code: Code.UINT32,
    width: 4,
    range: [0, 2 ** 32 - 1],
    read: (v, at) => v.getUint32(at, true),
    write: (v, at, x) => v.setUint32(at, x, true),
  },
  int64: {
    code: Code.INT64,
    width: 8,
    range: [-safe, safe],
    read: (v, at) => Number(v.getBigInt64(at, true)),
    write: (v, at, x) => v.setBigInt64(at, BigInt(x), true),
  },
  uint64: {
    code: Code.UINT64,
    width: 8,
    range: [0, safe],
    read: (v, at) => Number(v.getBigUint64(at, true)),
    write: (v, at, x) => v.setBigUint64(at, BigInt(x), true),
  },
  bool: {
    code: Code.BOOL,
    width: 1,
    range: [0, 1],
    read: (v, at) => v.getUint8(at),
    write: (v, at, x) => v.setUint8(at, x),
  },
};

const names = new Map(Object.entries(layouts).map(([type, { code }]) => [code, type as DataType]));

/** The number that stands for an element type in ONNX, e.g. in Cast's attribute `to`. */
export const typeCode = (type: DataType): number => {
  checkType("typeCode", type);
  return layouts[type].code;
};

/** The element type with a number in ONNX; undefined for text, complex numbers and types narrower than a byte. */
export const typeOfCode = (code: number): DataType | undefined => names.get(code);

/** Throws TypeError for a name that is not an element type. */
export const checkType = (at: string, type: DataType): void => {
  if (!Object.hasOwn(layouts, type))
    throw new TypeError(`${at}: type must be one of ${Object.keys(layouts).join(", ")}, got ${show(type)}`);
};

/** Whether elements are whole numbers or booleans. */
export const isInteger = (type: DataType): boolean => layouts[type].range !== undefined;

/** Elements to little-endian bytes. Throws RangeError for an element that the type cannot hold. */
export const packBytes = (at: string, type: DataType, data: ArrayLike<number>): Uint8Array => {
  const { width, range, write } = layouts[type];
  const bytes = new Uint8Array(data.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (range && !(Number.isInteger(x) && x >= range[0] && x <= range[1])) {
      throw new RangeError(
        `${at}: an element of type ${type} must be an integer from ${range[0]} to ${range[1]}, got ${x} at index ${i}`,
      );
    }
    write(view, i * width, x);
  }
  return bytes;
};

/** Little-endian bytes to elements; the bytes are those of whole elements. */
export const unpackBytes = (type: DataType, bytes: Uint8Array): Float64Array => {
  const { width, read } = layouts[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / width }, (_, i) => read(view, i * width));
};
