import type { Band, BandByChunk, BandByDistance, BandByRule, PositionMapping } from "@ropewalk/position-mapping";
import {
  capacity,
  chooseSelfExtend,
  formatRelativePositions,
  largestWindow,
  leakyReRope,
  plain,
  relativePosition,
  relativePositions,
  reRope,
  selfExtend,
  slidingWindow,
  smallestGroupSize,
} from "@ropewalk/position-mapping";
import { describe, expectTypeOf, it } from "vitest";

describe("types", () => {
  it("every mapping is the same kind of value", () => {
    expectTypeOf(plain).returns.toEqualTypeOf<PositionMapping>();
    expectTypeOf(selfExtend).returns.toEqualTypeOf<PositionMapping>();
    expectTypeOf(reRope).returns.toEqualTypeOf<PositionMapping>();
    expectTypeOf(leakyReRope).returns.toEqualTypeOf<PositionMapping>();
    expectTypeOf(slidingWindow).returns.toEqualTypeOf<PositionMapping>();
    expectTypeOf<PositionMapping["bands"]>().toEqualTypeOf<readonly Band[]>();
    expectTypeOf<Band>().toEqualTypeOf<BandByDistance | BandByChunk | BandByRule>();
    expectTypeOf<Omit<BandByDistance, "covers" | "chunkLen">>().toEqualTypeOf<{
      readonly from: number;
      readonly to: number;
      readonly query: (i: number) => number;
      readonly key: (j: number) => number;
    }>();
    expectTypeOf<BandByChunk["chunkLen"]>().toEqualTypeOf<number>();
    expectTypeOf<Omit<BandByChunk, "covers" | "chunkLen">>().toEqualTypeOf<
      Omit<BandByDistance, "covers" | "chunkLen">
    >();
    expectTypeOf<BandByRule["covers"]>().toEqualTypeOf<(i: number, j: number) => boolean>();
  });

  it("a pair may be unattended", () => {
    expectTypeOf(relativePosition).returns.toEqualTypeOf<number | undefined>();
    expectTypeOf(relativePositions).returns.toEqualTypeOf<readonly (readonly (number | null)[])[]>();
    expectTypeOf(formatRelativePositions).parameters.toEqualTypeOf<[readonly (readonly (number | null)[])[]]>();
  });

  it("what holds a length may not exist, the capacity always does", () => {
    expectTypeOf(smallestGroupSize).returns.toEqualTypeOf<number | undefined>();
    expectTypeOf(largestWindow).returns.toEqualTypeOf<number | undefined>();
    expectTypeOf(capacity).returns.toEqualTypeOf<number>();
    expectTypeOf(chooseSelfExtend).returns.toExtend<Parameters<typeof selfExtend>[0]>();
  });

  it("refuses parameters that are missing or of another method", () => {
    // @ts-expect-error window is missing
    void (() => selfExtend({ groupSize: 2 }));
    // @ts-expect-error ReRoPE has no groups
    void (() => reRope({ window: 2, groupSize: 2 }));
    // @ts-expect-error a mapping is read-only
    void (() => (plain().window = 3));
  });
});
