/** Loads a model in workers. Each worker has its own weights. */
import { connectWorker, type WorkerModel } from "@ropewalk/generation/worker";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { checkChosen } from "../flags/extension.ts";
import { notice } from "../terminal/notice.ts";
import { chosenFor, open, replacedNotices, type Chosen } from "../model/open-model.ts";
import type { SharedOptions } from "../flags/shared.ts";
import { roundOnce, threadsOf } from "../pool/side-by-side.ts";
import type { NamedModel } from "./model-names.ts";
import type { SentModel } from "./worker-data.ts";

export type LoadedModel = {
  readonly models: readonly WorkerModel[];
  readonly chosen: Chosen;
  /** Releases the model and ends its workers. All runs must have ended. */
  readonly release: () => Promise<void>;
};

export type LoadConfig = {
  readonly options: SharedOptions & { readonly length?: number };
  readonly workers: number;
  /** Ends the rounding of weights. A model that is loading is loaded to its end, since the runtime cannot be interrupted. */
  readonly signal: AbortSignal;
  /** Called when a worker ends by itself. */
  readonly onEnd: (error: Error) => void;
};

// The worker stands beside this file, as source or built.
const workerFile = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export const loadInWorkers = async (
  { model }: NamedModel,
  { options, workers, signal, onEnd }: LoadConfig,
): Promise<LoadedModel> => {
  const { trainedContext, adapter, cache, quantize, backend, precision, length } = options;
  const opened = await open(model, options);
  if (length === undefined) checkChosen("serve", options);
  const chosen = chosenFor(opened, options, length ?? opened.source.decoder.trainedContext);
  const rounded = quantize && (await roundOnce(opened, quantize, signal));
  const sent: SentModel = {
    model: rounded?.path ?? model,
    options: {
      ...(trainedContext === undefined ? {} : { trainedContext }),
      ...(adapter === undefined ? {} : { adapter }),
    },
  };
  const threads = threadsOf(options, workers);
  const loading = {
    backend: {
      name: backend,
      options: { ...(threads === undefined ? {} : { threads }), ...(precision === undefined ? {} : { precision }) },
    },
    extension: chosen.extension,
    ...sent.options,
    ...(cache === undefined ? {} : { cache }),
  };
  let isEnding = false;
  const started: { readonly worker: Worker; readonly loaded: Promise<WorkerModel> }[] = [];
  const release = async (): Promise<void> => {
    isEnding = true;
    const ended = await Promise.allSettled(
      started.map(async ({ worker, loaded }) => {
        try {
          await (await loaded).release();
        } finally {
          await worker.terminate();
        }
      }),
    );
    await rounded?.remove();
    for (const result of ended) if (result.status === "rejected") throw result.reason;
  };
  for (let index = 0; index < workers; index++) {
    const worker = new Worker(workerFile);
    void once(worker, "exit").then(
      ([code]) => {
        if (!isEnding) onEnd(new Error(`serve: a worker must not end by itself, got exit code ${String(code)}`));
      },
      () => {},
    );
    worker.on("error", (error) => {
      if (!isEnding) onEnd(error as Error);
    });
    const loaded = connectWorker(worker).loadModel({ own: sent }, loading);
    loaded.catch(() => {});
    started.push({ worker, loaded });
  }
  try {
    const models = await Promise.all(started.map(({ loaded }) => loaded));
    for (const said of [...replacedNotices(opened, chosen), ...models[0]!.extended.notices]) notice(said);
    return { models, chosen, release };
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
};
