/** A worker: loads a model once, and runs its jobs on the model. A job for another model replaces the model. */
import { evaluationOf, type EvaluationContext } from "@ropewalk/evals";
import { beyondCapacity, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import { resolve } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { extendedWords, groupsAndWindow } from "../describe/extension-in-words.ts";
import { loadMethod } from "../methods/method-module.ts";
import { importDefault } from "../methods/import-module.ts";
import { extensionFor, filesOf, load, open } from "../model/open-model.ts";
import type { SharedOptions } from "../flags/shared.ts";
import { readText } from "../input/read-file.ts";
import type { Job, WorkerMessage, WorkerOrder, WorkerSetup } from "./jobs.ts";

const port = parentPort!;
const { options: shared, folder = ".", texts = {} } = workerData as WorkerSetup;

const post = (message: WorkerMessage): void => port.postMessage(message);

const stopping = new AbortController();

/** The model of the last job. Later extensions share its weights. */
type Held = { readonly from: string; readonly opened: OpenedModel; loaded?: LanguageModel };
let held: Held | undefined;

/** Opens the job's model, unless the worker holds it already. */
const hold = async ({ model, rounded = model }: Job, options: SharedOptions): Promise<Held> => {
  const { trainedContext, adapter, cache, backend, precision } = options;
  const from = JSON.stringify([rounded, trainedContext, adapter, cache, backend, precision]);
  if (held?.from === from) return held;
  await held?.loaded?.release();
  held = undefined;
  held = { from, opened: await open(rounded, options) };
  return held;
};

const modelFor = async (own: Held, options: SharedOptions, length: number): Promise<LanguageModel> => {
  const { opened, loaded } = own;
  own.loaded = loaded
    ? await loaded.withExtension(extensionFor(opened, options, length))
    : await load(opened, options, length);
  return own.loaded;
};

const contextOf = ({ model, kind }: Job): EvaluationContext => ({
  read: async (name) => (Object.hasOwn(texts, name) ? texts[name]! : readText(kind, resolve(folder, name))),
  readOwn: async (name) => {
    const file = await (await filesOf(model)).file(name);
    return file && new TextDecoder().decode(await file.source.read(0, file.source.size));
  },
  load: (name) => importDefault(kind, resolve(folder, name)),
  signal: stopping.signal,
  onProgress: (done, total) => post({ kind: "progress", done, total }),
});

const run = async (job: Job): Promise<void> => {
  const { variant, modules, kind, params } = job;
  const evaluation = evaluationOf("worker", kind);
  const length = evaluation.length(params);
  // Rounded weights come from their own folder, so the worker does not round again.
  const { quantize: _, ...asked } = variant;
  const options: SharedOptions = {
    ...shared,
    ...asked,
    ...(modules === undefined ? {} : { modules: await Promise.all(modules.map(loadMethod)) }),
  };
  const own = await hold(job, options);
  const model = await modelFor(own, options, length);
  const extension = extensionFor(own.opened, options, length);
  const result = await evaluation.run(model, params, contextOf(job));
  post({
    kind: "done",
    result: {
      result,
      positions: extendedWords(model.extended.positions.name, extension),
      numbers: groupsAndWindow(extension),
      beyondCapacity: beyondCapacity(model.extended, length) !== undefined,
    },
  });
};

const failed = (error: unknown): void =>
  post({ kind: "failed", message: error instanceof Error ? error.message : String(error) });

let running = Promise.resolve();
port.on("message", (order: WorkerOrder) => {
  if (order.kind === "run") running = run(order.job).catch(failed);
  else {
    stopping.abort();
    // Without its port nothing keeps the worker alive.
    void running.then(() => held?.loaded?.release()).finally(() => port.close());
  }
});
