// Recording initializers: constants in the model, and tensors in a file beside it.

import { create } from "@bufbuild/protobuf";
import { checkKeys } from "@ropewalk/check";
import type { DataType } from "../arrays/data-type.ts";
import { checkType, layouts, packBytes, typeCode, typeOfCode } from "../arrays/data-type.ts";
import { checkSizes, formatDims, sizeOf } from "../arrays/dims.ts";
import type { TensorProto } from "../proto/onnx_pb.ts";
import { TensorProtoSchema, TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import type { Recording } from "./recording.ts";
import { declare, freshName } from "./recording.ts";
import type { Value } from "../model/value.ts";

/** Where an initializer's bytes are: a file beside the model, and the place in it [bytes]. */
export type FilePlace = {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Whether two initializers hold the same elements, or name the same place in a file. */
const sameTensor = (a: TensorProto, b: TensorProto): boolean =>
  a.dataType === b.dataType &&
  a.dims.join() === b.dims.join() &&
  a.externalData.every(({ value }, i) => value === b.externalData[i]?.value) &&
  sameBytes(a.rawData, b.rawData);

const addTensor = (recording: Recording, at: string, tensor: TensorProto): Value => {
  const value = declare(recording, at, {
    name: tensor.name,
    type: typeOfCode(tensor.dataType),
    dims: tensor.dims.map(Number),
  });
  recording.tensors.set(tensor.name, tensor);
  recording.graph.initializer.push(tensor);
  return value;
};

/** Records an initializer under its own name; the same one again gives the same value. */
const addNamed = (recording: Recording, at: string, tensor: TensorProto): Value => {
  const before = recording.tensors.get(tensor.name);
  if (before === undefined) return addTensor(recording, at, tensor);
  if (!sameTensor(before, tensor))
    throw new RangeError(`${at}: a name must stand for one tensor, got another type, shape or content for it`);
  return recording.values.get(tensor.name)!;
};

/** Records an initializer without a name of its own; one with equal elements gives the same value. */
const addUnnamed = (recording: Recording, at: string, tensor: TensorProto, kind: string): Value => {
  const alike = recording.unnamed.get(kind) ?? [];
  const same = alike.find(({ name }) => sameTensor(recording.tensors.get(name)!, tensor));
  if (same) return same;
  tensor.name = freshName(recording, recording.values, `/constants/${kind}`);
  const value = addTensor(recording, at, tensor);
  recording.unnamed.set(kind, [...alike, value]);
  return value;
};

export const recordConstant = (
  recording: Recording,
  type: DataType,
  dims: readonly number[],
  data: ArrayLike<number>,
  name?: string,
): Value => {
  const at = `constant${name === undefined ? "" : ` "${name}"`}`;
  checkType(at, type);
  checkSizes(at, dims);
  if (data.length !== sizeOf(dims)) {
    throw new RangeError(
      `${at}: data must have one element per place of dims ${formatDims(dims)}, got ${data.length} elements`,
    );
  }
  const tensor = create(TensorProtoSchema, {
    name: name ?? "",
    dataType: typeCode(type),
    dims: dims.map(BigInt),
    rawData: packBytes(at, type, data),
  });
  return name === undefined
    ? addUnnamed(recording, at, tensor, `${type}${formatDims(dims)}`)
    : addNamed(recording, at, tensor);
};

export const recordExternal = (
  recording: Recording,
  name: string,
  type: DataType,
  dims: readonly number[],
  place: FilePlace,
): Value => {
  const at = `external "${name}"`;
  checkKeys<FilePlace>(at, "at", place, { location: true, offset: true, length: true });
  checkType(at, type);
  checkSizes(at, dims);
  checkSizes(at, [place.offset, place.length]);
  const needed = sizeOf(dims) * layouts[type].width;
  if (place.length !== needed)
    throw new RangeError(`${at}: length must be ${needed} bytes for ${type}${formatDims(dims)}, got ${place.length}`);
  const { location, offset, length } = place;
  const externalData = Object.entries({ location, offset, length }).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  return addNamed(
    recording,
    at,
    create(TensorProtoSchema, {
      name,
      dataType: typeCode(type),
      dims: dims.map(BigInt),
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData,
    }),
  );
};
