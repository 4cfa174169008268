/** The page of `npm run bench:webgpu`: a model, plain and under SelfExtend, where operators attend and where the kernel does. */
import { webgpu } from "@ropewalk/backend-webgpu";
import { selfExtend } from "@ropewalk/context-extension";
import { createCache, loadModel, prefill, releaseCache, runChunk, type LanguageModel } from "@ropewalk/generation";
import { inMemory } from "@ropewalk/models";
import { countLaunches } from "@ropewalk/testing/browser/count-launches";
import { median } from "../measuring/compare-times.ts";

export type Way = "operators" | "kernel";
export type Method = "none" | "SelfExtend";

export type Asked = {
  readonly way: Way;
  readonly method: Method;
  readonly context: number;
  readonly chunkSize: number;
  readonly steps: number;
};

export type Measured = {
  /** Tokens a second, with the first token of the answer. */
  readonly prefill: number;
  /** Milliseconds a token, the median of the steps. */
  readonly decoding: number;
};

/** What of WebGPU is used here; the benchmarks are checked as programs of Node. */
type Adapter = { readonly info: Readonly<Record<"vendor" | "architecture" | "device" | "description", string>> };
const { gpu } = (
  globalThis as unknown as { readonly navigator: { readonly gpu: { requestAdapter: () => Promise<Adapter | null> } } }
).navigator;

const models = new Map<string, LanguageModel>();

const modelOf = (way: Way, method: Method): LanguageModel => models.get(`${way} ${method}`)!;

const idsOf = ({ extended }: LanguageModel, length: number): readonly number[] =>
  Array.from({ length }, (_, at) => (at * 37 + 11) % extended.decoder.vocabSize);

export type Page = {
  /** The adapter, in words; empty where there is none. */
  readonly adapter: () => Promise<string>;
  readonly start: (
    files: readonly string[],
    extension: { readonly groupSize: number; readonly window: number },
  ) => Promise<void>;
  readonly measure: (asked: Asked) => Promise<Measured>;
  /** Dispatches of one step behind `context` tokens, for each layer. */
  readonly launches: (way: Way, method: Method, context: number) => Promise<number>;
};

Object.assign(globalThis, {
  adapter: async () => {
    const { vendor, architecture, device, description } = (await gpu.requestAdapter())?.info ?? {};
    return [...new Set([vendor, architecture, device, description])].filter((word) => word).join(" ");
  },
  start: async (files, extension) => {
    const contents: Record<string, Uint8Array> = {};
    for (const file of files)
      contents[file] = new Uint8Array(await (await fetch(`/models/model/${file}`)).arrayBuffer());
    for (const way of ["operators", "kernel"] as const) {
      const backend = webgpu({ attention: way });
      const plain = await loadModel(inMemory("model", contents), { backend, extension: {} });
      models.set(`${way} none`, plain);
      models.set(`${way} SelfExtend`, await plain.withExtension(selfExtend(extension)));
    }
  },
  measure: async ({ way, method, context, chunkSize, steps }) => {
    const model = modelOf(way, method);
    const times: number[] = [];
    let before = performance.now();
    const options = { sampling: { kind: "greedy" }, stopTokens: [], maxNewTokens: steps + 1, chunkSize } as const;
    for await (const _ of model.generateTokens(idsOf(model, context), options)) {
      times.push(performance.now() - before);
      before = performance.now();
    }
    return { prefill: (1000 * context) / times[0]!, decoding: median(times.slice(1)) };
  },
  launches: async (way, method, context) => {
    const { session, backend, extended, ...model } = modelOf(way, method);
    const ids = idsOf({ ...model, session, backend, extended }, context);
    const { cache } = await prefill(session, createCache(backend, extended, { length: context + 1 }), ids);
    const count = await countLaunches(async () => void (await runChunk(session, cache, [1], [0])));
    releaseCache(cache);
    return count / extended.decoder.numLayers;
  },
} satisfies Page);
