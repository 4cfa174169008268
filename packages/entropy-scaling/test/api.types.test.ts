import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { attentionEntropy, entropyAbfTheta, queryScale, queryScales } from "@ropewalk/entropy-scaling";
import { describe, expectTypeOf, it } from "vitest";

describe("types", () => {
  it("each kind has its own fields", () => {
    expectTypeOf<EntropyScaling["kind"]>().toEqualTypeOf<"log-n" | "entropy-abf" | "yarn-temperature" | "custom">();
    expectTypeOf({ kind: "log-n", trainedContext: 4096 } as const).toExtend<EntropyScaling>();
    expectTypeOf({
      kind: "entropy-abf",
      trainedContext: 4096,
      exemptLayers: 2,
    } as const).toExtend<EntropyScaling>();
    expectTypeOf({ kind: "yarn-temperature", factor: 4 } as const).toExtend<EntropyScaling>();
    expectTypeOf({ kind: "log-n", factor: 4 } as const).not.toExtend<EntropyScaling>();
    expectTypeOf({
      kind: "yarn-temperature",
      trainedContext: 4096,
    } as const).not.toExtend<EntropyScaling>();
  });

  it("the functions", () => {
    expectTypeOf(queryScale).parameters.toEqualTypeOf<
      [EntropyScaling, { readonly layer: number; readonly position: number }]
    >();
    expectTypeOf(queryScale).returns.toEqualTypeOf<number>();
    expectTypeOf(queryScales).parameter(2).toEqualTypeOf<ArrayLike<number>>();
    expectTypeOf(queryScales).returns.toEqualTypeOf<Float64Array>();
    expectTypeOf(attentionEntropy).parameter(1).toEqualTypeOf<Float32Array | Float64Array>();
    expectTypeOf(attentionEntropy).returns.toEqualTypeOf<Float64Array>();
    expectTypeOf(entropyAbfTheta).toEqualTypeOf<number>();
  });

  it("refuses a scaling without a position to apply it at", () => {
    // @ts-expect-error position is missing
    void (() => queryScale({ kind: "log-n", trainedContext: 64 }, { layer: 0 }));
    // @ts-expect-error probabilities are a typed array
    void (() => attentionEntropy({ keyLen: 2 }, [0.5, 0.5]));
  });
});
