/** Buffers in JavaScript's memory. */
import { expect, it } from "vitest";
import { hostBuffer } from "../src/host.ts";

it("a buffer that no memory holds is refused by its length", () => {
  for (const type of ["float32", "float16", "int8"] as const)
    expect(() => hostBuffer(1e15, type)).toThrow(
      new RangeError(`allocate: length must be of ${type} elements that fit into memory, got 1000000000000000`),
    );
});
