/** The state that all parts of the page share: the setting, the open model, the engine, and listeners for changes. */
import { compose, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, type DecoderSizes, type ExtendedDecoder } from "@ropewalk/decoder";
import type { WorkerModel, WorkerOpened } from "@ropewalk/generation/worker";
import { startEngine, type BackendSetting } from "../model/engine.ts";
import type { MethodCall } from "@ropewalk/context-extension/methods";
import { callsOf, extensionOf } from "../setting/methods.ts";
import { fromHash, numbersFor, toHash, type Setting } from "../setting/setting.ts";
import { strings } from "./strings.ts";
import type { ModelOrigin } from "../model/model-origin.ts";

/** The setting applied to the open model. */
export type Assembled = {
  readonly calls: readonly MethodCall[];
  readonly extension: ContextExtension;
  readonly extended: ExtendedDecoder<DecoderSizes>;
};

export type Page = {
  readonly setting: () => Setting;
  readonly change: (change: Partial<Setting>) => void;
  readonly opened: () => WorkerOpened | undefined;
  /** Undefined while no model is open; an error where the numbers do not fit the model. */
  readonly assembled: () => Assembled | Error | undefined;
  readonly origin: () => ModelOrigin;
  readonly openOrigin: (origin: ModelOrigin) => Promise<void>;
  readonly backend: () => BackendSetting;
  readonly hasGpu: () => boolean;
  /** The model under the setting, or as it was trained. */
  readonly model: (which: "extended" | "plain") => Promise<WorkerModel>;
  readonly onChange: (listen: () => void) => void;
  readonly onModel: (listen: () => void) => void;
  /** Shows an error. The page goes on. */
  readonly fail: (error: unknown) => void;
};

export const originOf = (model: string): ModelOrigin => {
  if (/^https?:/.test(model)) return { kind: "url", href: model };
  return { kind: model.startsWith("random-") ? "preset" : "shipped", name: model };
};

const nameOf = (origin: ModelOrigin): string => (origin.kind === "url" ? origin.href : origin.name);

const mostThreads = (): number => (crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1);

/** Half of the threads, at most four: the page itself needs some, and small models gain nothing from more. */
const usualThreads = (): number => Math.max(1, Math.min(4, Math.floor(mostThreads() / 2)));

export const startPage = async (say: (message: string) => void): Promise<Page> => {
  const engine = startEngine();
  let setting = fromHash(location.hash);
  let origin = originOf(setting.model);
  let opened: WorkerOpened | undefined;
  let turn = 0;
  const changed: (() => void)[] = [];
  const modelChanged: (() => void)[] = [];
  const tell = (listeners: readonly (() => void)[]): void => {
    for (const listen of listeners) listen();
  };
  const gpu = await (navigator as { gpu?: { requestAdapter: () => Promise<unknown> } }).gpu
    ?.requestAdapter()
    .catch(() => null);
  const hasGpu = gpu !== undefined && gpu !== null;
  const backend = (): BackendSetting => {
    const name = setting.backend === "webgpu" && !hasGpu ? "wasm" : (setting.backend ?? (hasGpu ? "webgpu" : "wasm"));
    return { name, threads: name === "wasm" ? Math.min(setting.threads ?? usualThreads(), mostThreads()) : 1 };
  };
  const fail = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    const lost = /device.*lost|lost.*device/i.test(message) ? `${strings.errors.gpuLost} ` : "";
    if (lost !== "") engine.end();
    const anew = engine.hasEnded() ? ` ${strings.errors.restarted}` : "";
    say(`${lost}${message}${anew}`);
  };
  const openOrigin = async (next: ModelOrigin): Promise<void> => {
    turn += 1;
    const mine = turn;
    try {
      const found = await engine.open(next, backend());
      if (mine !== turn) return;
      [origin, opened] = [next, found];
      setting = { ...setting, model: nameOf(next) };
      page.change({});
      tell(modelChanged);
    } catch (error) {
      if (mine === turn) fail(error);
      throw error;
    }
  };
  let made: { readonly of: readonly unknown[]; readonly value: Assembled | Error } | undefined;
  const assemble = (): Assembled | Error => {
    try {
      const { decoder } = opened!.source;
      const calls = callsOf(setting, numbersFor(setting, decoder.trainedContext), decoder.trainedContext);
      const extension = calls.length === 0 ? compose() : extensionOf(calls);
      return { calls, extension, extended: extendDecoder(decoder, extension) };
    } catch (error) {
      return error as Error;
    }
  };
  let sharing: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    // Files on this disk have no address to share.
    const shared = origin.kind === "files" ? { ...setting, model: "stories260K" } : setting;
    history.replaceState(null, "", `#${toHash(shared)}`);
  };
  /** Writes the address after a delay, because browsers refuse to change it many times a second. */
  const share = (): void => {
    clearTimeout(sharing);
    sharing = setTimeout(write, 200);
  };
  addEventListener("pagehide", write);
  // A typed or pasted address is a new setting.
  addEventListener("hashchange", () => {
    removeEventListener("pagehide", write);
    clearTimeout(sharing);
    location.reload();
  });
  const page: Page = {
    setting: () => setting,
    change: (change) => {
      const before = backend();
      setting = { ...setting, ...change };
      share();
      const now = backend();
      if (opened && (now.name !== before.name || now.threads !== before.threads))
        void openOrigin(origin).catch(() => {});
      tell(changed);
    },
    opened: () => opened,
    assembled: () => {
      if (opened === undefined) return undefined;
      const of = [opened, setting.method, setting.rope, setting.entropy, setting.numbers];
      if (made === undefined || of.some((each, index) => each !== made!.of[index])) made = { of, value: assemble() };
      return made.value;
    },
    origin: () => origin,
    openOrigin,
    backend,
    hasGpu: () => hasGpu,
    model: async (which) => {
      await engine.open(origin, backend());
      const assembled = page.assembled();
      if (assembled instanceof Error) throw assembled;
      return engine.model(which === "plain" ? {} : assembled!.extension);
    },
    onChange: (listen) => void changed.push(listen),
    onModel: (listen) => void modelChanged.push(listen),
    fail,
  };
  return page;
};
