/** The runtime's file as it is shipped: fixed SIMD throughout, no relaxed SIMD. With another file `simd.ts` has to say something else. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it, vi } from "vitest";
import { wasm } from "../src/index.ts";
import { hasSimd } from "../src/simd.ts";

const file = readFileSync(createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));

/** A number in LEB128, and the place after it. */
const number = (from: number): readonly [value: number, next: number] => {
  let [value, shift, at] = [0, 0, from];
  for (;;) {
    const byte = file[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) return [value, at];
  }
};

/** Instructions by the number behind the prefix of SIMD. The prefix's byte occurs inside of other numbers too, so few are none. */
const simdInstructions = (): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (let at = 8; at < file.length;) {
    const [size, begin] = number(at + 1);
    if (file[at] === 10)
      for (
        let prefix = file.indexOf(0xfd, begin);
        prefix >= 0 && prefix < begin + size;
        prefix = file.indexOf(0xfd, prefix + 1)
      ) {
        const [instruction] = number(prefix + 1);
        counts.set(instruction, (counts.get(instruction) ?? 0) + 1);
      }
    at = begin + size;
  }
  return counts;
};

it("the runtime's file multiplies four numbers at once, and has no relaxed instruction", () => {
  const counts = simdInstructions();
  const [multiply, firstRelaxed, lastRelaxed] = [0xe6, 0x100, 0x113];
  expect(counts.get(multiply)).toBeGreaterThan(1000);
  for (let relaxed = firstRelaxed; relaxed <= lastRelaxed; relaxed++) expect(counts.get(relaxed) ?? 0).toBeLessThan(5);
});

it("says so where there is no SIMD", async () => {
  expect(hasSimd()).toBe(true);
  vi.stubGlobal("WebAssembly", { validate: () => false });
  expect(await wasm().unavailable()).toBe("WebAssembly must have SIMD, got none here");
  vi.unstubAllGlobals();
  expect(await wasm().unavailable()).toBeUndefined();
});
