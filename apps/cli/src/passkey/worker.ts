/** A worker of a passkey run: loads the model once, then runs the cells it is sent. */
import { check } from "@ropewalk/check";
import { englishPasskey, passkeyCell, passkeyIn, type PasskeyLanguage, type PasskeyWording } from "@ropewalk/evals";
import { beyondCapacity, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import { parentPort, workerData } from "node:worker_threads";
import { extendedWords, groupsAndWindow } from "../describe.ts";
import { loadMethod } from "../method-module.ts";
import { extensionFor, filesOf, load, open } from "../open-model.ts";
import type { SharedOptions } from "../options.ts";
import type { Job, WorkerMessage, WorkerOrder, WorkerSetup } from "./jobs.ts";

const port = parentPort!;
const { model: path, rounded = path, keys, options: shared, modules } = workerData as WorkerSetup;
const options: SharedOptions = {
  ...shared,
  ...(modules === undefined ? {} : { modules: await Promise.all(modules.map(loadMethod)) }),
};

const say = (message: WorkerMessage): void => port.postMessage(message);

/** The task in the model's own language where a task.json lies beside it, else in English. */
const taskOf = async (model: string): Promise<PasskeyWording> => {
  const file = await (await filesOf(model)).file("task.json");
  check(
    file !== undefined || keys === undefined,
    `passkey: --keys must be absent for ${model}, whose texts are in English, with one key`,
    keys,
  );
  if (file === undefined) return englishPasskey;
  const text = new TextDecoder().decode(await file.source.read(0, file.source.size));
  return passkeyIn(JSON.parse(text) as PasskeyLanguage, keys === undefined ? {} : { keys });
};

const stopping = new AbortController();

/** Loaded with the first job's extension; later ones share its weights. */
let loaded: LanguageModel | undefined;

const modelFor = async (opened: OpenedModel, { variant, length }: Job): Promise<LanguageModel> => {
  const asked = { ...options, ...variant };
  loaded = loaded ? await loaded.withExtension(extensionFor(opened, asked, length)) : await load(opened, asked, length);
  return loaded;
};

const run = async (task: PasskeyWording, opened: OpenedModel, job: Job): Promise<void> => {
  const { variant, name: _, ...at } = job;
  const model = await modelFor(opened, job);
  const extension = extensionFor(opened, { ...options, ...variant }, at.length);
  const onTrial = (): void => say({ kind: "trial", length: at.length });
  const cell = await passkeyCell(task, model, at, onTrial, stopping.signal);
  say({
    kind: "done",
    result: {
      cell,
      positions: extendedWords(model.extended.positions.name, extension),
      numbers: groupsAndWindow(extension),
      beyondCapacity: beyondCapacity(model.extended, at.length) !== undefined,
    },
  });
};

const failed = (error: unknown): void =>
  say({ kind: "failed", message: error instanceof Error ? error.message : String(error) });

try {
  const [task, opened] = await Promise.all([taskOf(path), open(rounded, options)]);
  let running = Promise.resolve();
  port.on("message", (order: WorkerOrder) => {
    if (order.kind === "run") running = run(task, opened, order.job).catch(failed);
    else {
      stopping.abort();
      // Without its port nothing keeps the worker alive.
      void running.then(() => loaded?.release()).finally(() => port.close());
    }
  });
  say({ kind: "ready" });
} catch (error) {
  failed(error);
  port.on("message", () => port.close());
}
