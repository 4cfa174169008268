import { conformanceCases } from "@ropewalk/backend/conformance";
import { describe, expect, it } from "vitest";
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
