// Reading the attributes of a node, with the defaults of the operator.

import { getTextEncoding } from "@bufbuild/protobuf/wire";
import type { AttributeProto } from "../proto/onnx_pb.ts";
import { AttributeProto_AttributeType as Kind } from "../proto/onnx_pb.ts";
import type { Call } from "./operator.ts";
import { fail } from "./operator.ts";

const find = (call: Call<unknown>, name: string, kind: Kind): AttributeProto | undefined => {
  const attribute = call.attributes.find((candidate) => candidate.name === name);
  if (attribute && attribute.type !== kind)
    fail(call, `attribute ${name} must be of kind ${kind}`, `kind ${attribute.type}`);
  return attribute;
};

export const hasAttribute = (call: Call<unknown>, name: string): boolean =>
  call.attributes.some((attribute) => attribute.name === name);

/** An INT attribute; without a default it is required. */
export const intAttribute = (call: Call<unknown>, name: string, otherwise?: number): number => {
  const found = find(call, name, Kind.INT);
  return found ? Number(found.i ?? 0n) : (otherwise ?? fail(call, `attribute ${name} is required`));
};

/** A FLOAT attribute. */
export const floatAttribute = (call: Call<unknown>, name: string, otherwise: number): number => {
  const found = find(call, name, Kind.FLOAT);
  return found ? (found.f ?? 0) : otherwise;
};

/** A STRING attribute. */
export const textAttribute = (call: Call<unknown>, name: string, otherwise: string): string => {
  const found = find(call, name, Kind.STRING);
  return found?.s === undefined ? otherwise : getTextEncoding().decodeUtf8(found.s);
};

/** An INTS attribute, undefined when absent. */
export const intsAttribute = (call: Call<unknown>, name: string): readonly number[] | undefined =>
  find(call, name, Kind.INTS)?.ints.map(Number);

/** A FLOATS attribute, undefined when absent. */
export const floatsAttribute = (call: Call<unknown>, name: string): readonly number[] | undefined =>
  find(call, name, Kind.FLOATS)?.floats;

/** A TENSOR attribute, undefined when absent. */
export const tensorAttribute = (call: Call<unknown>, name: string): AttributeProto["t"] =>
  find(call, name, Kind.TENSOR)?.t;
