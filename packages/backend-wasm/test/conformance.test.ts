import { conformanceCases } from "@ropewalk/backend/conformance";
import { describe, expect, it, vi } from "vitest";
import { wasm } from "../src/index.ts";

describe("conformance on wasm", () => {
  it.each(conformanceCases)("$name", ({ run }) => run(wasm()));
});

it("refuses threads where there are none", () => {
  expect(() => wasm({ threads: 0 })).toThrow(
    "wasm: threads must be a positive integer, and 1 outside a cross-origin isolated page, got 0",
  );
  expect(() => wasm({ threads: 4 })).toThrow("got 4");
});

it("refuses options that it does not know", () => {
  expect(() => wasm({ thread: 1 } as object)).toThrow(
    new TypeError('wasm: options must have no keys but threads, quantizedWeights, got "thread"; threads is meant?'),
  );
  expect(() => wasm({ threads: "1" as never })).toThrow(TypeError);
  expect(() => wasm({ quantizedWeights: "no" as never })).toThrow(
    new RangeError('wasm: quantizedWeights must be one of kept, unpacked, got "no"'),
  );
});

it("says why it is not available where there is no WebAssembly", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(await wasm().unavailable()).toBe("there is no WebAssembly here");
  vi.unstubAllGlobals();
  expect(await wasm().unavailable()).toBeUndefined();
});
