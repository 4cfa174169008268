// Attributes of nodes: plain JavaScript values to AttributeProto.

import { create } from "@bufbuild/protobuf";
import { check, checkArray, show } from "@ropewalk/check";
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import type { NdArray } from "../arrays/nd-array.ts";
import type { AttributeProto, GraphProto } from "../proto/onnx_pb.ts";
import { AttributeProtoSchema, AttributeProto_AttributeType as Kind } from "../proto/onnx_pb.ts";
import { checkGraph } from "./check-graph.ts";
import { tensorFromArray } from "./tensor.ts";

/** An attribute's value. Numbers are integers; a floating-point attribute is `{ float }`, so that 1 and 1.0 differ. */
export type Attribute =
  | number
  | { readonly float: number }
  | string
  | readonly number[]
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: NdArray }
  | { readonly graph: GraphProto };

const utf8 = (name: string, text: string): Uint8Array<ArrayBuffer> => {
  check(typeof text === "string", `attribute: ${name} must hold text`, text, "string");
  return getTextEncoding().encodeUtf8(text);
};

const float = (name: string, x: number): number => {
  check(typeof x === "number", `attribute: ${name} must hold numbers`, x, "number");
  return Math.fround(x);
};

const list = <Element>(name: string, elements: readonly Element[]): readonly Element[] => {
  checkArray("attribute", name, elements, "Array");
  return elements;
};

const integer = (name: string, x: number): bigint => {
  if (!Number.isSafeInteger(x)) throw new RangeError(`attribute: ${name} must be an integer (or { float }), got ${x}`);
  return BigInt(x);
};

const isList = (value: Attribute): value is readonly number[] => Array.isArray(value);

/**
 * An attribute as ONNX stores it: a number is INT, `{ float }` FLOAT, a text STRING, numbers INTS, and so on.
 *
 * @throws RangeError for a number that is not an integer.
 */
export const attribute = (name: string, value: Attribute): AttributeProto => {
  const of = (
    type: Kind,
    fields: Partial<Pick<AttributeProto, "f" | "i" | "s" | "t" | "g" | "floats" | "ints" | "strings">>,
  ): AttributeProto => create(AttributeProtoSchema, { name, type, ...fields });
  if (typeof value === "number") return of(Kind.INT, { i: integer(name, value) });
  if ((typeof value !== "object" && typeof value !== "string") || value === null)
    throw new TypeError(`attribute: ${name} must be a number, text, a list or an object, got ${show(value)}`);
  if (typeof value === "string") return of(Kind.STRING, { s: utf8(name, value) });
  if (isList(value)) return of(Kind.INTS, { ints: value.map((x) => integer(name, x)) });
  if ("float" in value) return of(Kind.FLOAT, { f: float(name, value.float) });
  if ("floats" in value) return of(Kind.FLOATS, { floats: list(name, value.floats).map((x) => float(name, x)) });
  if ("strings" in value) return of(Kind.STRINGS, { strings: list(name, value.strings).map((x) => utf8(name, x)) });
  if ("graph" in value) {
    checkGraph(`attribute: ${name}`, value.graph);
    return of(Kind.GRAPH, { g: value.graph });
  }
  if (!("tensor" in value))
    throw new TypeError(
      `attribute: ${name} must be a number, text, a list of numbers, or an object of float, floats, strings, tensor or graph, got ${show(value)}`,
    );
  return of(Kind.TENSOR, { t: tensorFromArray(value.tensor) });
};
