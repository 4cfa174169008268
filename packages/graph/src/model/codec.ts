// Reading and writing files: bytes of the ONNX format to messages, and back.

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { show } from "@ropewalk/check";
import { checkIsModel } from "./check-graph.ts";
import type { ModelProto, TensorProto } from "../proto/onnx_pb.ts";
import { ModelProtoSchema, TensorProtoSchema } from "../proto/onnx_pb.ts";

/** Reads a message. Errors of the protobuf reader become errors of this package. */
const parse = <T>(what: string, bytes: Uint8Array, read: () => T): T => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what}: bytes must be a Uint8Array, got ${show(bytes)}`);
  try {
    return read();
  } catch (cause) {
    const truncated = cause instanceof RangeError && /EOF|bounds/i.test(cause.message);
    const problem = truncated
      ? "bytes end inside a field (truncated?)"
      : "bytes are not a protobuf message of the ONNX format";
    throw new RangeError(`${what}: ${problem}, got ${bytes.length} bytes`, { cause });
  }
};

/** The bytes of an `.onnx` file. Fields that the reader did not know are written back. */
export const encode = (model: ModelProto): Uint8Array => {
  checkIsModel("encode", model);
  return toBinary(ModelProtoSchema, model);
};

/**
 * The model in the bytes of an `.onnx` file. Tensor contents are views of `bytes`, not copies.
 *
 * @throws RangeError when the bytes are not protobuf, end early, or hold no graph.
 */
export const decode = (bytes: Uint8Array): ModelProto => {
  const model = parse("decode", bytes, () => fromBinary(ModelProtoSchema, bytes));
  if (model.graph === undefined)
    throw new RangeError(`decode: a model must have a graph, got ${bytes.length} bytes without one`);
  return model;
};

/**
 * The tensor in the bytes of a serialized TensorProto, as in the `.pb` files of ONNX's test data.
 *
 * @throws RangeError when the bytes are not protobuf or end early.
 */
export const decodeTensor = (bytes: Uint8Array): TensorProto =>
  parse("decodeTensor", bytes, () => fromBinary(TensorProtoSchema, bytes));
