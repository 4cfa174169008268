/** Attention maps and entropies, as transformers.js itself collects them while it generates. */
import { rmSync } from "node:fs";
import { env, Tensor } from "@huggingface/transformers";
import { attentionEntropy } from "@ropewalk/entropy-scaling";
import { configOf } from "@ropewalk/testing/exports/export-files";
import { temporaryFolder } from "@ropewalk/testing/exports/passkey-export";
import { load } from "@ropewalk/testing/transformers-js";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { extendModels, selfExtend, type Attentions, type ContextExtension } from "../src/index.ts";
import { copyExport } from "./copied-export.ts";

type Generated = {
  readonly sequences: Tensor;
  /** [new token][layer]. */
  readonly decoder_attentions?: readonly (readonly Tensor[])[];
};

const newTokens = 3;
const promptLen = 90;
/** How much shorter the second of two prompts is. It is padded on the left. */
const padding = 20;

const root = temporaryFolder();
const settings = { ...env };
let undo: (() => Promise<void>) | undefined;
beforeEach(() => Object.assign(env, { allowRemoteModels: false, localModelPath: `${root}/` }));
afterEach(async () => {
  await undo?.();
  undo = undefined;
  Object.assign(env, settings);
});
afterAll(() => rmSync(root, { recursive: true }));

const int64 = (value: (row: number, column: number) => number): Tensor =>
  new Tensor(
    "int64",
    BigInt64Array.from({ length: 2 * promptLen }, (_, i) => BigInt(value(Math.floor(i / promptLen), i % promptLen))),
    [2, promptLen],
  );

const generated = async (
  name: string,
  extension: ContextExtension,
  attentions: Attentions | undefined,
): Promise<Generated> => {
  undo = extendModels(env, {
    extension,
    ...(attentions === undefined ? {} : { attentions }),
    onNotice: () => {},
  });
  copyExport(name, root);
  const model = await load(name, { subfolder: "" });
  const output = await model.generate({
    inputs: int64((row, t) => 3 + ((t * 7 + row * 5) % 100)),
    attention_mask: int64((row, t) => (row === 1 && t < padding ? 0 : 1)),
    max_new_tokens: newTokens,
    do_sample: false,
    eos_token_id: null,
    output_attentions: true,
    return_dict_in_generate: true,
  } as never);
  await model.dispose();
  await undo();
  undo = undefined;
  return output as unknown as Generated;
};

const floats = (tensor: Tensor): Float32Array => tensor.data as Float32Array;

describe.each<readonly [string, ContextExtension]>([
  ["extended", selfExtend({ groupSize: 4, window: 16 })],
  ["with its own positions", {}],
])("generate, of a model %s,", (_, extension) => {
  it.each(["genai-cpu-llama", "torch-dynamo-llama", "genai-cpu-windowed-kv-mistral"])(
    "gives maps and entropies for every token and layer: %s",
    async (name) => {
      const settingsOf = configOf(name) as Record<string, number | null>;
      const { num_attention_heads: numHeads, num_hidden_layers: numLayers } = settingsOf;
      const slides = extension.positions === undefined ? (settingsOf["sliding_window"] ?? Infinity) : Infinity;
      const plain = await generated(name, extension, undefined);
      const maps = await generated(name, extension, "maps");
      const entropies = await generated(name, extension, "entropies");
      expect(plain.decoder_attentions).toBeUndefined();
      for (const { sequences, decoder_attentions: steps } of [maps, entropies]) {
        expect(sequences.tolist()).toEqual(plain.sequences.tolist());
        expect(steps!.map((layers) => layers.length)).toEqual(Array.from({ length: newTokens }, () => numLayers));
      }
      for (const [step, layers] of maps.decoder_attentions!.entries())
        for (const [layer, map] of layers.entries()) {
          const queryLen = step === 0 ? promptLen : 1;
          const keys = Math.min(promptLen + step, slides + queryLen - 1);
          expect([map.type, ...map.dims]).toEqual(["float32", 2, numHeads, queryLen, keys]);
          const measured = entropies.decoder_attentions![step]![layer]!;
          expect([measured.type, ...measured.dims]).toEqual(["float32", 2, numHeads, queryLen]);
          // attentionEntropy refuses rows whose sum is not 1.
          const wanted = attentionEntropy({ keyLen: keys }, floats(map));
          expect(Math.max(...wanted.map((h, row) => Math.abs(h - floats(measured)[row]!)))).toBeLessThan(1e-5);
          // Nothing attends to padding: the last query of the padded row, in every head.
          const hidden = Math.max(0, padding - (promptLen + step - keys));
          for (let h = 0; h < numHeads!; h++) {
            const at = ((numHeads! + h) * queryLen + queryLen - 1) * keys;
            expect(Math.max(0, ...floats(map).subarray(at, at + hidden))).toBeLessThan(1e-6);
          }
        }
    },
  );
});

it("attentions of another name are refused when they are asked for", async () => {
  await expect(generated("genai-cpu-llama", {}, "weights" as never)).rejects.toThrow(
    'extendModels: attentions must be one of maps, entropies, got "weights"',
  );
});
