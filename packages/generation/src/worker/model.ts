/** A model in a worker, seen from outside: its facts here, its functions there. */
import { checkExtension, extensionOf, recordOf, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, type DecoderSizes, type ExtendedDecoder } from "@ropewalk/decoder";
import type { ReadAttentions, VisitAttentions } from "../attentions.ts";
import type { CachePlan } from "../cache/cache.ts";
import type { LanguageModel, LogitsOptions } from "../model.ts";
import type { Prompt } from "../prompt.ts";
import type { TextCodec } from "../text.ts";
import type { GenerateOptions } from "../generate.ts";
import { call, stream, type Connection } from "./call.ts";
import type { BackendFacts, ModelFacts, SourceFacts } from "./wire.ts";

/** A key-value cache in the worker. As every cache it is a value: a run takes it and gives the next. */
export type WorkerCache = { readonly id: number; readonly length: number; readonly ids: readonly number[] };

export type WorkerModel = Pick<
  LanguageModel,
  "generate" | "generateTokens" | "logits" | "visitLogits" | "attentions" | "visitAttentions" | "release"
> & {
  readonly backend: BackendFacts;
  readonly source: SourceFacts;
  readonly extended: ExtendedDecoder<DecoderSizes>;
  readonly text: TextCodec | undefined;
  readonly withExtension: (extension: ContextExtension) => Promise<WorkerModel>;
  /** A cache in the worker, for `prefill`; `releaseCache` gives its memory back. */
  readonly createCache: (plan: CachePlan) => Promise<WorkerCache>;
  readonly prefill: (
    cache: WorkerCache,
    prompt: Prompt,
    options?: LogitsOptions,
  ) => Promise<{ readonly logits: Float32Array; readonly cache: WorkerCache }>;
  readonly releaseCache: (cache: WorkerCache) => Promise<void>;
};

/** The functions of options, and the rest. */
const splitRun = <Options extends LogitsOptions>({ onProgress, signal, ...data }: Options) => ({
  listeners: { onProgress },
  ...{ signal, data },
});

export const workerModel = (connection: Connection, facts: ModelFacts, text: TextCodec | undefined): WorkerModel => {
  const { id, source, backend, extension, cache } = facts;
  const extended = { ...extendDecoder(source.decoder, extensionOf(extension), { cache }), name: source.name };
  const ask = <Result>(work: string, args: readonly unknown[], more: object = {}): Promise<Result> =>
    call<Result>(connection, { where: work, work, args: [id, ...args], ...more });
  const run = <Result>(work: string, args: readonly unknown[], options: LogitsOptions = {}, more: object = {}) => {
    const { listeners, signal, data } = splitRun(options);
    return ask<Result>(work, [...args, data], { listeners: { ...listeners, ...more }, signal });
  };
  const generating = (work: string, prompt: Prompt, { onPrefill, onDone, signal, ...data }: GenerateOptions = {}) =>
    stream(connection, {
      ...{ where: "generate", work, args: [id, prompt, data], signal },
      listeners: { onPrefill, onDone },
    });
  const visitAttentions: VisitAttentions = (ids, visit, options) => run("visitAttentions", [ids], options, { visit });
  const attentions: ReadAttentions = (ids, options) => run("attentions", [ids], options);
  return {
    ...{ backend, source, extended, text },
    generate: (prompt, options) => generating("generate", prompt, options) as AsyncGenerator<string, void, undefined>,
    generateTokens: (prompt, options) =>
      generating("generateTokens", prompt, options) as AsyncGenerator<number, void, undefined>,
    logits: (ids, options) => run("logits", [ids], options),
    visitLogits: (ids, visit, options) => run("visitLogits", [ids], options, { visit }),
    ...{ attentions, visitAttentions },
    withExtension: async (other) => {
      checkExtension("withExtension", other);
      const made = await call<ModelFacts>(connection, {
        ...{ where: "withExtension", work: "extend", args: [id, recordOf(other)] },
      });
      return workerModel(connection, made, text);
    },
    createCache: (plan) => ask("createCache", [plan]),
    prefill: (before, prompt, options) => run("prefill", [before.id, prompt], options),
    releaseCache: (before) => ask("releaseCache", [before.id]),
    release: () => ask("release", []),
  };
};
