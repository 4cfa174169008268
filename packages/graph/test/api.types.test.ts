import { expectTypeOf, it } from "vitest";
import type { Attribute, DataType, Dim, ModelProto, NdArray, Tape, TensorProto, Value } from "@ropewalk/graph";
import {
  checkModel,
  decode,
  decodeTensor,
  encode,
  evaluate,
  tape,
  tensorFromArray,
  tensorToArray,
} from "@ropewalk/graph";

it("has the types that packages rely on", () => {
  expectTypeOf<Dim>().toEqualTypeOf<number | string | undefined>();
  expectTypeOf<Value>().toEqualTypeOf<{
    readonly name: string;
    readonly type: DataType | undefined;
    readonly dims: readonly Dim[] | undefined;
  }>();
  expectTypeOf<NdArray>().toEqualTypeOf<{
    readonly type: DataType;
    readonly dims: readonly number[];
    readonly data: Float64Array;
  }>();
  expectTypeOf(tape).returns.toEqualTypeOf<Tape>();
  expectTypeOf<Tape["op"]>().returns.toEqualTypeOf<Value>();
  expectTypeOf<Tape["ops"]>().returns.toEqualTypeOf<readonly Value[]>();
  expectTypeOf<Tape["constant"]>().parameter(2).toEqualTypeOf<ArrayLike<number>>();
  expectTypeOf<Tape["op"]>().parameter(1).toEqualTypeOf<readonly (Value | undefined)[]>();
  expectTypeOf(encode).toEqualTypeOf<(model: ModelProto) => Uint8Array>();
  expectTypeOf(decode).toEqualTypeOf<(bytes: Uint8Array) => ModelProto>();
  expectTypeOf(decodeTensor).toEqualTypeOf<(bytes: Uint8Array) => TensorProto>();
  expectTypeOf(tensorToArray).toEqualTypeOf<(tensor: TensorProto) => NdArray>();
  expectTypeOf(tensorFromArray).toEqualTypeOf<(array: NdArray, name?: string) => TensorProto>();
  expectTypeOf(evaluate).returns.toEqualTypeOf<Readonly<Record<string, NdArray>>>();
  expectTypeOf(checkModel).returns.toEqualTypeOf<void>();
  expectTypeOf<"float8">().not.toExtend<DataType>();
  expectTypeOf<{ readonly float: number }>().toExtend<Attribute>();
  expectTypeOf<boolean>().not.toExtend<Attribute>();
});
