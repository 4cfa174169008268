// Values: what flows between nodes, known by name, element type and shape.

import { create } from "@bufbuild/protobuf";
import { typeCode, typeOfCode } from "../arrays/data-type.ts";
import type { DataType } from "../arrays/data-type.ts";
import type { Dim } from "../arrays/dims.ts";
import type { TensorShapeProto_Dimension, ValueInfoProto } from "../proto/onnx_pb.ts";
import { TensorShapeProto_DimensionSchema, ValueInfoProtoSchema } from "../proto/onnx_pb.ts";

/** A tensor in a graph. Its type, its sizes or even its number of axes may be unknown. */
export type Value = {
  readonly name: string;
  readonly type: DataType | undefined;
  readonly dims: readonly Dim[] | undefined;
};

const dimension = (dim: Dim): TensorShapeProto_Dimension =>
  create(TensorShapeProto_DimensionSchema, {
    value:
      typeof dim === "number"
        ? { case: "dimValue", value: BigInt(dim) }
        : dim === undefined
          ? { case: undefined }
          : { case: "dimParam", value: dim },
  });

/** A value as a graph's input or output declares it. */
export const valueInfo = ({ name, type, dims }: Value): ValueInfoProto =>
  create(
    ValueInfoProtoSchema,
    type === undefined
      ? { name }
      : {
          name,
          type: {
            value: {
              case: "tensorType",
              value: {
                elemType: typeCode(type),
                ...(dims && { shape: { dim: dims.map(dimension) } }),
              },
            },
          },
        },
  );

/** The value that a graph's input or output declares. */
export const valueOfInfo = ({ name, type }: ValueInfoProto): Value => {
  if (type?.value.case !== "tensorType") return { name, type: undefined, dims: undefined };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }): Dim =>
    value.case === "dimValue" ? Number(value.value) : value.value || undefined,
  );
  return { name, type: typeOfCode(elemType), dims };
};
