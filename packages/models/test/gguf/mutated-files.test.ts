/** Whatever the bytes of a GGUF file are, a model is read from it, or it is refused by name. Nothing else is thrown, and nothing hangs. */
import { readFileSync } from "node:fs";
import { bytesSource, readGgufHeader } from "@ropewalk/gguf";
import { checkpointFolders, readConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { ggufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { ggufPartsOf } from "@ropewalk/testing/checkpoints/gguf-of-checkpoint";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inMemory, loadCheckpoint, loadGguf, type Checkpoint } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

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
        expect(result.message).toMatch(/^(?:readGguf|loadGguf): m\.gguf: .* must .*, got /s);
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

/** Keys of config.json that GGUF files call otherwise. */
const ofConfig =
  /config\.json|hidden_\w+|intermediate_\w+|num_\w+|head_dim|max_position\w+|rms_norm_eps|rope_theta|rope_type|layer_types|(?<![\w.])(?:factor|beta_\w+|attention_factor|sliding_window\w*)\b/;

describe.each(["llama-yarn", "gemma3"] as const)("%s with metadata that contradict", (name) => {
  const architecture = name.split("-")[0]!;
  const numbers = [0, 1, 2, 3, 7, 96, 2 ** 31].map((value): GgufValue => ({ type: "uint32", value }));
  const fractions = [0, 0.5, -1, 1e-30, Infinity, NaN].map((value): GgufValue => ({ type: "float32", value }));
  const texts = ["yarn", "linear", "none", "longrope"].map((value): GgufValue => ({ type: "string", value }));
  const rope = ["scaling.type", "scaling.factor", "scaling.attn_factor", "scaling.original_context_length"];
  const more = [...rope, "scaling.yarn_beta_fast", "scaling.yarn_beta_slow"].map((key) => `rope.${key}`);

  it("is a model, or is refused by the file's name and the file's own keys", async () => {
    const checkpoint = await loadCheckpoint(await openFolder(checkpointFolders[name]));
    const config = readConfig(checkpointFolders[name]);
    const parts = await ggufPartsOf({ architecture, config }, checkpoint);
    const keys = [...more, "attention.sliding_window"].map((key) => `${architecture}.${key}`);
    const own = Object.keys(parts.metadata).filter((key) => key.startsWith(`${architecture}.`));
    const change = fc.tuple(fc.constantFrom(...own, ...keys), fc.constantFrom(...numbers, ...fractions, ...texts));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = ggufFile({ ...parts, metadata: { ...parts.metadata, ...Object.fromEntries(changes) } });
        const result = await load(bytes).catch((error: unknown) => error);
        if (!(result instanceof Error)) return;
        expect(result.message).toMatch(/^loadGguf: m\.gguf: .* must .*, got /s);
        // The rules of the keys themselves name the others without the architecture.
        const [, rule] = /^loadGguf: m\.gguf: (.*), got /s.exec(result.message)!;
        expect(rule!.replaceAll(/(?:attention|rope\.scaling)\.\w+/g, "")).not.toMatch(ofConfig);
      }),
      { numRuns: 200 },
    );
  });
});
