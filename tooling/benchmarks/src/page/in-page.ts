/** The page that is timed: opens a model by its address on WebAssembly, and gives a few tokens. */
import { wasm } from "@ropewalk/backend-wasm";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { tokens } from "@ropewalk/testing/numbers/noise";

export type PageTimes = {
  /** Milliseconds since the page was asked for: until its script ran, the model was loaded, the first token was there, and the last. */
  readonly script: number;
  readonly loaded: number;
  readonly first: number;
  readonly last: number;
  readonly tokens: number;
  readonly isolated: boolean;
};

export type Timing = { readonly address: string; readonly threads: number; readonly promptTokens: number };

export type TimedPage = { readonly timeModel: (asked: Timing) => Promise<PageTimes> };

const newTokens = 65;
const script = performance.now();

const timeModel: TimedPage["timeModel"] = async ({ address, threads, promptTokens }) => {
  const extension = selfExtend({ groupSize: 4, window: 128 });
  const model = await loadModel(new URL(address), { backend: wasm({ threads }), extension });
  const loaded = performance.now();
  const moments: number[] = [];
  const prompt = tokens(model.extended.decoder.vocabSize, promptTokens);
  for await (const _ of model.generateTokens(prompt, { maxNewTokens: newTokens, stopTokens: [] }))
    moments.push(performance.now());
  await model.release();
  const { crossOriginIsolated: isolated } = globalThis as unknown as { readonly crossOriginIsolated: boolean };
  return { script, loaded, first: moments[0]!, last: moments.at(-1)!, tokens: moments.length, isolated };
};

Object.assign(globalThis, { timeModel } satisfies TimedPage);
