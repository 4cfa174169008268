import { expectTypeOf, it } from "vitest";
import { bandedAttention, type BandedAttention, type NamedTensor } from "../src/index.ts";

it("axes are part of a tensor's type", () => {
  type HeadsFirst = NamedTensor<readonly ["numHeads", "queryLen", "headDim"]>;
  type RowsFirst = NamedTensor<readonly ["queryLen", "numHeads", "headDim"]>;
  expectTypeOf<HeadsFirst>().not.toEqualTypeOf<RowsFirst>();
  expectTypeOf<RowsFirst>().not.toExtend<HeadsFirst>();
  expectTypeOf(bandedAttention).returns.toEqualTypeOf<BandedAttention>();
});
