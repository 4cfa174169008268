/** What is checked of attention by the kernel alone: other bands than those of goldens, launches, and what is refused. */
import { reRope, selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { createCache, loadModel, prefill, releaseCache, runChunk, type LanguageModel } from "@ropewalk/generation";
import { countLaunches } from "@ropewalk/testing/browser/count-launches";
import { onnxExports } from "@ropewalk/testing/vectors";
import { expectError, expectThat, type Check, type Place } from "./place.ts";
import { passkeyFolder } from "./small-models.ts";

const storiesFolder = "packages/tiny-models/stories260K";

const ids = Array.from({ length: 200 }, (_, at) => 3 + ((at * 37) % 400));

const differenceOf = (a: Float32Array, b: Float32Array): number =>
  // What is no number must not pass.
  a.reduce((most, value, at) => (Math.abs(value - b[at]!) <= most ? most : Math.abs(value - b[at]!)), 0);

/** The same model where operators attend, and where the kernel does. */
const bothWays = async ({ webgpu, backend, model }: Place, path: string) => ({
  operators: await loadModel(await model(path), { backend: webgpu() }),
  kernel: await loadModel(await model(path), { backend }),
});

/** Bands that no golden of 100 tokens has. */
const mappings: readonly (readonly [string, ContextExtension])[] = [
  ["a window", slidingWindow({ window: 20 })],
  ["ReRoPE", reRope({ window: 23 })],
  ["dual chunks", withPositions({ kind: "dual-chunk", chunkSize: 20, localSize: 8 })],
];

/** Dispatches of one step of decoding behind the first ids. */
const launchesOfStep = async ({ session, extended, backend }: LanguageModel): Promise<number> => {
  // Far enough for tokens that have settled, some that wait, and the window.
  const empty = createCache(backend, extended, { length: ids.length + 1 });
  const { cache } = await prefill(session, empty, ids, { chunkSize: 40 });
  try {
    return await countLaunches(async () => void (await runChunk(session, cache, [5], [0])));
  } finally {
    releaseCache(cache);
  }
};

/**
 * The most dispatches of a step for each layer, with those before and after all layers spread over them. Of these attention by the kernel has one
 * for each part of the keys that has tokens, and one that merges them.
 */
const mostLaunches = {
  none: { operators: 50, kernel: 23 },
  SelfExtend: { operators: 64, kernel: 28 },
} as const;

export const kernelChecks: readonly Check[] = [
  {
    name: "under other bands too the kernel gives the logits of operators, in chunks of any length",
    run: async (place) => {
      const { operators, kernel } = await bothWays(place, storiesFolder);
      for (const [name, extension] of mappings) {
        const [by, own] = [await operators.withExtension(extension), await kernel.withExtension(extension)];
        const text = ids.slice(0, 71);
        const expected = await by.logits(text, { chunkSize: 24 });
        // The last chunk is a single token.
        const found = await own.logits(text, { chunkSize: 7 });
        const off = differenceOf(found, expected);
        expectThat(off < 2e-4, `logits under ${name} must be within 2e-4 of those by operators, off by ${off}`);
      }
      await operators.release();
      await kernel.release();
    },
  },
  {
    name: "several texts in one run, and two models at once, give what each gives alone",
    run: async ({ backend, model }) => {
      const extension = selfExtend({ groupSize: 4, window: 32 });
      const first = await loadModel(await model(storiesFolder), { backend, extension });
      const second = await loadModel(await model(passkeyFolder), { backend, extension });
      const texts = [ids.slice(0, 80), ids.slice(100, 180)];
      const alone: Float32Array[] = [];
      for (const text of texts) alone.push(await first.logits(text));
      const few = ids.slice(0, 80).map((id) => id % second.extended.decoder.vocabSize);
      const other = await second.logits(few);
      const [together, beside] = await Promise.all([first.logits(texts[0]!), second.logits(few)]);
      const { vocabSize } = first.extended.decoder;
      let batched = 0;
      await first.visitBatchLogits(texts, (start, logits) => {
        logits.forEach((rows, text) => {
          const at = start * vocabSize;
          batched = Math.max(batched, differenceOf(rows, alone[text]!.subarray(at, at + rows.length)));
        });
      });
      const off = Math.max(batched, differenceOf(together, alone[0]!), differenceOf(beside, other));
      expectThat(off < 1e-4, `logits must be within 1e-4 of those alone, off by ${off}`);
      await first.release();
      await second.release();
    },
  },
  {
    name: "a step launches fewer kernels by far than operators do",
    run: async (place) => {
      const { operators, kernel } = await bothWays(place, storiesFolder);
      const { numLayers } = kernel.extended.decoder;
      for (const [name, extension] of [
        ["none", {}],
        ["SelfExtend", selfExtend({ groupSize: 4, window: 48 })],
      ] as const) {
        const most = mostLaunches[name];
        const each = {
          operators: (await launchesOfStep(await operators.withExtension(extension))) / numLayers,
          kernel: (await launchesOfStep(await kernel.withExtension(extension))) / numLayers,
        };
        expectThat(
          each.operators <= most.operators && each.kernel <= most.kernel && each.kernel > 5,
          `launches a layer under ${name} must be at most ${JSON.stringify(most)}, got ${JSON.stringify(each)}`,
        );
      }
      await operators.release();
      await kernel.release();
    },
  },
  {
    name: "what the kernel does not have is refused by name at load, and nothing falls back",
    run: async ({ backend, model, webgpu }) => {
      const load = async (path: string, extension: ContextExtension = {}) =>
        loadModel(await model(path), { backend, extension });
      await expectError(
        () => load(storiesFolder, withPositions({ kind: "sinks", sinks: 4, window: 32 })),
        /^kernelAttention: attention by the kernel needs bands by distance or by chunks, got those of /,
      );
      await expectError(
        () => load(`${onnxExports}/torch-dynamo-llama`),
        /^loadModel: .* is an ONNX export, .* needs a backend that attends by operators, got webgpu with kernel$/,
      );
      const stories = await load(storiesFolder);
      await expectError(
        () => stories.attentions([1, 2, 3], { what: "entropies" }),
        /^decoderGraph: attentions must be absent where a kernel attends, got entropies$/,
      );
      await stories.release();
      await expectError(
        async () => webgpu({ attention: "kernel", precision: "float16" }),
        /^webgpu: precision must be float32 where attention is by the kernel, got float16$/,
      );
      await expectError(
        async () => webgpu({ attention: "kernels" as "kernel" }),
        /^webgpu: attention must be one of operators, kernel .*, got "kernels"$/,
      );
    },
  },
];
