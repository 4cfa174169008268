import { expectTypeOf, it } from "vitest";
import { bandedAttention, type BandedAttention, type Tensor } from "../src/index.ts";

it("axes are part of a tensor's type", () => {
  type HeadsFirst = Tensor<readonly ["numHeads", "queryLen", "headDim"]>;
  type RowsFirst = Tensor<readonly ["queryLen", "numHeads", "headDim"]>;
  expectTypeOf<HeadsFirst>().not.toEqualTypeOf<RowsFirst>();
  expectTypeOf<RowsFirst>().not.toExtend<HeadsFirst>();
  expectTypeOf(bandedAttention).returns.toEqualTypeOf<BandedAttention>();
});
