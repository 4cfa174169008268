import { describe, expect, it } from "vitest";
import { bandedAttention } from "../src/index.ts";
import { goldenCases } from "./self-extend.ts";

describe("SelfExtend attention, against vectors computed independently in float64", () => {
  it.each(goldenCases)("$name", ({ bands, values, out }) => {
    const result = bandedAttention({}, bands, values);
    out.forEach((expected, index) => expect(result.out.data[index]).toBeCloseTo(expected, 5));
  });
});
