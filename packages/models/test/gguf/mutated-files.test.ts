/** Whatever the bytes of a GGUF file are, a model is read from it, or it is refused by name. Nothing else is thrown, and nothing hangs. */
import { readFileSync } from "node:fs";
import { bytesSource, readGgufHeader } from "@ropewalk/gguf";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inMemory, loadGguf, type Checkpoint } from "../../src/index.ts";

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(inRepository(`${ggufVectors}/${name}.gguf`)));

const load = (bytes: Uint8Array): Promise<Checkpoint> =>
  loadGguf("m.gguf", { ...inMemory("m", { "m.gguf": bytes }), gguf: "m.gguf" });

/** Where the first tensor begins. */
const headerEnd = async (bytes: Uint8Array): Promise<number> => {
  const { tensors } = await readGgufHeader("m.gguf", bytesSource(bytes));
  return tensors[0]!.offset;
};

describe.each(["stories260K-q8_0", "qwen2-k"])("%s with changed bytes", (name) => {
  it("is a model, or is refused with a sentence", async () => {
    const good = bytesOf(name);
    const change = fc.record({ at: fc.nat(await headerEnd(good)), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = good.slice();
        for (const { at, value } of changes) bytes[at] = value;
        const result = await load(bytes).catch((error: unknown) => error);
        if (!(result instanceof Error)) return;
        expect(result.message).toMatch(/^[\w.]+: .* must .*, got /s);
        expect(result.message).not.toMatch(/config\.json: /);
        expect(["RangeError", "TypeError"]).toContain(result.name);
      }),
      { numRuns: 150 },
    );
  });

  it("cut short is refused", async () => {
    const good = bytesOf(name);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), async (length) => {
        await expect(load(good.subarray(0, length))).rejects.toThrow(/^readGguf: m\.gguf: .* must .*, got /s);
      }),
      { numRuns: 40 },
    );
  });
});
