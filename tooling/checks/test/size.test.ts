import { expect, it } from "vitest";
import { sizeOf } from "../src/size.ts";

it.each(["rope", "position-mapping", "attention-merge", "entropy-scaling"])(
  "%s's main entry stays within 1.5 KB",
  (name) => {
    expect(sizeOf(name)).toBeLessThanOrEqual(1_500);
  },
);
