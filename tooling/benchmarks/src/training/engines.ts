/** The engines that take the step: this project on its backends in Node, and jax-js on its fastest backend in Node. */
import type { Backend } from "@ropewalk/backend";
import { extendDecoder } from "@ropewalk/decoder";
import { openLossGraph } from "@ropewalk/finetune";
import { sequence, trainedModel, type ModelName } from "./timed-models.ts";
import { provideWorkers } from "./workers.ts";

export type EngineOptions = { readonly model: ModelName; readonly seqLen: number; readonly threads: number };

/** One forward and backward pass; gives the loss. */
export type Step = () => Promise<number>;

/** As in a training loop, weights are fed from plain arrays and gradients read into them. */
const ropewalk =
  (open: (threads: number) => Promise<Backend>) =>
  async ({ model, seqLen, threads }: EngineOptions): Promise<Step> => {
    const trained = trainedModel(model);
    const { decoder, parameters } = trained;
    const graph = await openLossGraph({
      backend: await open(threads),
      extended: extendDecoder(decoder, {}),
      batch: { batchSize: 1, seqLen },
      learned: Object.keys(parameters),
    });
    const ids = sequence(trained, seqLen);
    return async () => (await graph.gradients(parameters, { ids })).loss;
  };

/** Weights and gradients stay where jax-js computes; `jit` compiles at the first step. */
const jax = async ({ model, seqLen }: EngineOptions): Promise<Step> => {
  const { jaxStep } = await import("@ropewalk/testing/jax/gradients");
  const trained = trainedModel(model);
  const ids = sequence(trained, seqLen);
  return jaxStep(trained.jax, trained.parameters, ids, ids).run;
};

/** Only WebAssembly is compared: plain JavaScript is a hundred times slower, and Node has no WebGPU and no WebGL. */
export const engines = {
  "ropewalk cpu": ropewalk(async (threads) => (await import("@ropewalk/backend-node")).cpu({ threads })),
  "ropewalk cpu, spinning": ropewalk(async (threads) =>
    (await import("@ropewalk/backend-node")).cpu({ threads, spinning: true }),
  ),
  // Node gives onnxruntime-web one thread.
  "ropewalk wasm": ropewalk(async () => (await import("@ropewalk/backend-wasm")).wasm()),
  "jax-js wasm": jax,
  "jax-js wasm, workers": (options: EngineOptions): Promise<Step> => {
    provideWorkers(options.threads);
    return jax(options);
  },
} as const satisfies Record<string, (options: EngineOptions) => Promise<Step>>;

export type EngineName = keyof typeof engines;
export const engineNames: readonly EngineName[] = Object.keys(engines) as EngineName[];
