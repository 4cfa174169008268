/** A page that loads models by transformers.js, as a program there would. */
import { AutoModelForCausalLM, env, pipeline, Tensor } from "@huggingface/transformers";
import {
  compose,
  extendModels,
  logN,
  selfExtend,
  withRopewalk,
  type ExtendModelsOptions,
} from "@ropewalk/transformers-js";

export type Asked = {
  /** The source of the model: a hub, or the page's own server. */
  readonly from: "hub" | "page";
  readonly extended: boolean;
  /** Who keeps the cache. */
  readonly runtime: NonNullable<ExtendModelsOptions["runtime"]>;
  readonly model: string;
  readonly ids: readonly number[];
  readonly text: string;
  readonly newTokens: number;
};

export type Answered = {
  readonly tokens: readonly number[];
  readonly text: string;
  readonly maxPositions: unknown;
  /** The sizes of files in the page's cache, by the last part of their addresses. */
  readonly cached: Readonly<Record<string, number>>;
};

/** The parts of a browser that are used here. Tests are type-checked as programs of Node. */
const page = globalThis as unknown as {
  readonly caches: {
    readonly open: (name: string) => Promise<{
      readonly keys: () => Promise<readonly Request[]>;
      readonly match: (request: Request) => Promise<Response | undefined>;
    }>;
  };
  readonly location: { readonly origin: string };
};

const cached = async (): Promise<Readonly<Record<string, number>>> => {
  const cache = await page.caches.open(env.cacheKey);
  const sizes: Record<string, number> = {};
  for (const request of await cache.keys())
    sizes[request.url.split("/").at(-1)!] = (await (await cache.match(request))!.arrayBuffer()).byteLength;
  return sizes;
};

const run = async ({ from, extended, runtime, model, ids, text, newTokens }: Asked): Promise<Answered> => {
  const { origin } = page.location;
  Object.assign(env, {
    allowLocalModels: from === "page",
    allowRemoteModels: from === "hub",
    localModelPath: "/models/",
    remoteHost: `${origin}/`,
    remotePathTemplate: "models/{model}/",
  });
  Object.assign(env.backends.onnx.wasm!, { numThreads: 1, wasmPaths: `${origin}/page/` });
  const extension = compose(selfExtend({ groupSize: 16, window: 64 }), logN({ trainedContext: 256 }));
  const undo = extended ? extendModels(env, { extension, runtime }) : async () => {};
  const options = { dtype: "fp32", device: "wasm" } as const;
  try {
    const generator = await pipeline("text-generation", model, { ...options, progress_callback: () => {} });
    if (runtime === "ropewalk") withRopewalk(generator.model);
    const inputs = new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
    const sampling = { max_new_tokens: newTokens, do_sample: false };
    const output = (await generator.model.generate({ inputs, ...sampling } as never)) as Tensor;
    const [first] = (await generator(text, { ...sampling, return_full_text: false })) as [{ generated_text: string }];
    const { max_position_embeddings: maxPositions } = generator.model.config as unknown as Record<string, unknown>;
    await generator.dispose();
    const tokens = Array.from(output.data as BigInt64Array, Number).slice(ids.length);
    return { tokens, text: first.generated_text.trim(), maxPositions, cached: await cached() };
  } finally {
    await undo();
  }
};

/** The message of the error that loading ends with. */
const refused = async (model: string): Promise<string> => {
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: "/models/" });
  const undo = extendModels(env, { extension: selfExtend({ groupSize: 16, window: 64 }) });
  const loaded = AutoModelForCausalLM.from_pretrained(model, { dtype: "fp32", device: "wasm" });
  return loaded
    .then(
      () => "nothing",
      (error: Error) => error.message,
    )
    .finally(undo);
};

export type Page = { readonly run: typeof run; readonly refused: typeof refused };

Object.assign(globalThis, { run, refused } satisfies Page);
