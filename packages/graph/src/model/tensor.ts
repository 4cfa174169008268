// TensorProto to arrays and back.

import { create } from "@bufbuild/protobuf";
import type { NdArray } from "../arrays/nd-array.ts";
import { layouts, packBytes, typeCode, typeOfCode, unpackBytes } from "../arrays/data-type.ts";
import type { DataType } from "../arrays/data-type.ts";
import { formatDims, sizeOf } from "../arrays/dims.ts";
import { fail } from "../fail.ts";
import type { TensorProto } from "../proto/onnx_pb.ts";
import { TensorProtoSchema, TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import { bfloat16, float16, fromBits } from "../arrays/small-float.ts";

/** Elements that stand in one of the typed fields, which several types share. */
const typedField = (type: DataType, tensor: TensorProto): ArrayLike<number> => {
  switch (type) {
    case "float32":
      return tensor.floatData;
    case "float64":
      return tensor.doubleData;
    case "int64":
      return tensor.int64Data.map(Number);
    case "uint32":
    case "uint64":
      return tensor.uint64Data.map(Number);
    case "float16":
      return tensor.int32Data.map((bits) => fromBits(float16, bits));
    case "bfloat16":
      return tensor.int32Data.map((bits) => fromBits(bfloat16, bits));
    default:
      return tensor.int32Data;
  }
};

/**
 * The array in a TensorProto, from `raw_data` or from a typed field.
 *
 * @throws RangeError for element types that are not a {@link DataType}, for elements in an external file, and when the
 * number of elements is not the product of the sizes.
 */
export const tensorToArray = (tensor: TensorProto): NdArray => {
  const type = typeOfCode(tensor.dataType);
  const dims = tensor.dims.map(Number);
  const at = `tensorToArray: tensor "${tensor.name}"`;
  if (type === undefined) return fail(`${at} must have numbers as elements, got ONNX data type ${tensor.dataType}`);
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const file = tensor.externalData.find(({ key }) => key === "location")?.value;
    return fail(`${at} must have its elements in the model, got elements in the file "${file}"`);
  }
  const inBytes = tensor.rawData.length > 0;
  const source = inBytes ? tensor.rawData : typedField(type, tensor);
  const expected = sizeOf(dims) * (inBytes ? layouts[type].width : 1);
  if (source.length !== expected) {
    const unit = inBytes ? "bytes" : "elements";
    fail(`${at} must have ${expected} ${unit} for ${type}${formatDims(dims)}, got ${source.length}`);
  }
  const data = inBytes ? unpackBytes(type, tensor.rawData) : Float64Array.from(source);
  return { type, dims, data };
};

/**
 * A TensorProto with the elements in `raw_data`, rounded to the width of the type.
 *
 * @throws RangeError for an element that the type cannot hold.
 */
export const tensorFromArray = ({ type, dims, data }: NdArray, name = ""): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dataType: typeCode(type),
    dims: dims.map(BigInt),
    rawData: packBytes("tensorFromArray", type, data),
  });
