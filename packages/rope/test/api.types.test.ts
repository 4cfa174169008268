import type { Tape, Value } from "@ropewalk/graph";
import {
  dependsOnLength,
  ropeFrequencies,
  rotate,
  rotationTable,
  type RopeFrequencies,
  type RopeScaling,
  type RotaryLayout,
  type RotationTable,
  type NamedTensor,
} from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import { describe, expectTypeOf, it } from "vitest";

type HeadsFirst = NamedTensor<readonly ["batch", "numHeads", "seqLen", "headDim"]>;
type HeadsLast = NamedTensor<readonly ["batch", "seqLen", "numHeads", "headDim"]>;

describe("types", () => {
  it("a scaling has the fields of its kind and no others", () => {
    expectTypeOf<RopeScaling["kind"]>().toEqualTypeOf<
      "default" | "linear" | "ntk-aware" | "dynamic-ntk" | "yarn" | "llama3" | "longrope" | "abf" | "mr-rope" | "custom"
    >();
    expectTypeOf<{ kind: "linear"; factor: number }>().toExtend<RopeScaling>();
    expectTypeOf<{ kind: "linear" }>().not.toExtend<RopeScaling>();
    expectTypeOf<{ kind: "dynamic-ntk"; factor: number }>().not.toExtend<RopeScaling>();
    expectTypeOf<{
      kind: "yarn";
      factor: number;
      originalContext: number;
    }>().toExtend<RopeScaling>();
    expectTypeOf<{ kind: "su" }>().not.toExtend<RopeScaling>();
    // @ts-expect-error theta belongs to "abf"
    const mixed: RopeScaling = { kind: "linear", factor: 2, theta: 10_000 };
    expectTypeOf(mixed).toExtend<RopeScaling>();
  });

  it("frequencies in, table out", () => {
    expectTypeOf(ropeFrequencies).parameters.toEqualTypeOf<
      [
        {
          readonly rotaryDim: number;
          readonly theta: number;
          readonly scaling: RopeScaling;
          readonly seqLen?: number;
        },
      ]
    >();
    expectTypeOf(ropeFrequencies).returns.toEqualTypeOf<RopeFrequencies>();
    expectTypeOf<RopeFrequencies>().toEqualTypeOf<{
      readonly inverseFrequencies: Float64Array;
      readonly attentionScale: number;
    }>();
    expectTypeOf(dependsOnLength).toEqualTypeOf<(scaling: RopeScaling) => boolean>();
    expectTypeOf(rotationTable).toEqualTypeOf<
      (frequencies: RopeFrequencies, positions: ArrayLike<number>, out?: RotationTable) => RotationTable
    >();
  });

  it("rotate takes heads before tokens", () => {
    expectTypeOf(rotate).toEqualTypeOf<
      (
        config: { readonly layout: RotaryLayout; readonly rotaryDim: number },
        x: HeadsFirst,
        table: RotationTable,
        out?: HeadsFirst,
      ) => HeadsFirst
    >();
    expectTypeOf<HeadsLast>().not.toExtend<HeadsFirst>();
    expectTypeOf<NamedTensor<readonly ["seqLen", "headDim"]>["dims"]>().toEqualTypeOf<readonly [number, number]>();
  });

  it("emitRotate records values", () => {
    expectTypeOf(emitRotate).toEqualTypeOf<
      (
        tape: Tape,
        config: {
          readonly layout: RotaryLayout;
          readonly headDim: number;
          readonly rotaryDim: number;
        },
        x: Value,
        cos: Value,
        sin: Value,
      ) => Value
    >();
  });
});
