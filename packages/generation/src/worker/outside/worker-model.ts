/** A model in a worker, seen from outside: its facts are here, its functions run in the worker. */
import { show } from "@ropewalk/check";
import { checkExtension, extensionOf, recordOf, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, type DecoderSizes, type ExtendedDecoder } from "@ropewalk/decoder";
import type { ReadAttentions, VisitAttentions } from "../../run/attentions.ts";
import type { ConversationOptions } from "../../conversation/chat.ts";
import type { CachePlan } from "../../cache/cache.ts";
import type { LanguageModel } from "../../model/language-model.ts";
import type { LogitsOptions } from "../../run/logits.ts";
import type { AnyPrefix, Prefix } from "../../prefix/prefix.ts";
import type { ReadOptions } from "../../prefix/read-prompt.ts";
import type { Prompt } from "../../text/prompt.ts";
import type { TextCodec } from "../../text/text-codec.ts";
import type { GenerateOptions } from "../../generate/generate-options.ts";
import { startWorkerChat, type WorkerChat } from "./worker-chat.ts";
import { call, stream, type Connection } from "./call-worker.ts";
import type { FileOptions } from "../../prefix/save-file.ts";
import { sentPath } from "../sent-path.ts";
import { withoutPolicy } from "./without-policy.ts";
import type { BackendFacts, ModelFacts, PrefixFacts, SourceFacts } from "../wire.ts";

/** A key-value cache in the worker. As every cache it is a value: a run takes it and gives the next value. */
export type WorkerCache = { readonly id: number; readonly length: number; readonly ids: readonly number[] };

/** A prefix that was read in the worker. Its cache stays there. */
export type WorkerPrefix = Pick<Prefix, "ids" | "bytes"> & {
  readonly id: number;
  readonly extend: (more: Prompt, options?: ReadOptions) => Promise<WorkerPrefix>;
  readonly save: Prefix["save"];
  readonly release: () => Promise<void>;
};

export type WorkerModel = Pick<
  LanguageModel,
  "generate" | "generateTokens" | "logits" | "visitLogits" | "attentions" | "visitAttentions" | "release"
> & {
  readonly backend: BackendFacts;
  readonly source: SourceFacts;
  readonly extended: ExtendedDecoder<DecoderSizes>;
  readonly text: TextCodec | undefined;
  readonly withExtension: (extension: ContextExtension) => Promise<WorkerModel>;
  /** Reads a text as a model here does. Releasing the prefix gives a promise. */
  readonly read: (prompt: Prompt, options?: ReadOptions) => Promise<WorkerPrefix>;
  readonly prefixBytes: (prefixes: readonly AnyPrefix[]) => Promise<number>;
  readonly open: (path: string | URL, options?: FileOptions) => Promise<WorkerPrefix>;
  readonly chat: (options?: ConversationOptions) => Promise<WorkerChat>;
  /** Makes a cache in the worker, for `prefill`. `releaseCache` gives its memory back. */
  readonly createCache: (plan: CachePlan) => Promise<WorkerCache>;
  readonly prefill: (
    cache: WorkerCache,
    prompt: Prompt,
    options?: LogitsOptions,
  ) => Promise<{ readonly logits: Float32Array; readonly cache: WorkerCache }>;
  readonly releaseCache: (cache: WorkerCache) => Promise<void>;
};

/** The worker that each prefix is in. The numbers of two workers may be alike. */
const workerOf = new WeakMap<AnyPrefix, Connection>();

/** The worker's number for a prefix. */
const idOf = (where: string, connection: Connection, after: AnyPrefix): number => {
  if (typeof after === "object" && workerOf.get(after) === connection) return (after as WorkerPrefix).id;
  const hint = after instanceof Promise ? "; it must be awaited" : "";
  throw new TypeError(
    `${where}: after must be a prefix, which read of a model in the same worker gives, got ${show(after)}${hint}`,
  );
};

export const workerModel = (connection: Connection, facts: ModelFacts, text: TextCodec | undefined): WorkerModel => {
  const { id, source, backend, extension, cache } = facts;
  const extended = { ...extendDecoder(source.decoder, extensionOf(extension), { cache }), name: source.name };
  const texts = { text, name: source.name, bosToken: source.bosToken };
  const ask = <Result>(work: string, args: readonly unknown[], more: object = {}): Promise<Result> =>
    call<Result>(connection, { where: work, work, args: [id, ...args], ...more });
  /** The prefix that a run follows, by its number, so that the options are data. */
  const behind = (where: string, after: AnyPrefix | undefined): { readonly after?: number } =>
    after === undefined ? {} : { after: idOf(where, connection, after) };
  const run = async <Result>(
    work: string,
    args: readonly unknown[],
    { onProgress, signal, after, ...data }: LogitsOptions = {},
    more: object = {},
  ) =>
    ask<Result>(work, [...args, { ...data, ...behind(work, after) }], { listeners: { onProgress, ...more }, signal });
  const generating = async function* (
    work: string,
    prompt: Prompt,
    { onPrefill, onDone, onToken, onPrefix, signal, ...options }: GenerateOptions = {},
  ) {
    const [asked, { after, ...data }] = withoutPolicy({ extended, texts }, prompt, options);
    return yield* stream(connection, {
      where: "generate",
      work,
      args: [id, asked, { ...data, ...behind("generate", after) }],
      signal,
      listeners: {
        onPrefill,
        onDone,
        onToken,
        onPrefix: onPrefix && ((left: PrefixFacts) => onPrefix(prefixOf(left))),
      },
    });
  };
  const file = <Result>(
    where: string,
    work: string,
    args: readonly unknown[],
    { onProgress, signal, ...data }: FileOptions = {},
  ): Promise<Result> => ask(work, [...args, data], { where, listeners: { onProgress }, signal });
  const prefixOf = (known: PrefixFacts): WorkerPrefix => {
    const prefix: WorkerPrefix = {
      ...known,
      extend: async (more, options) => prefixOf(await run<PrefixFacts>("extend", [known.id, more], options)),
      save: (path, options) => file("save", "savePrefix", [known.id, sentPath(path)], options),
      release: () => ask("releasePrefix", [known.id]),
    };
    workerOf.set(prefix, connection);
    return prefix;
  };
  const visitAttentions: VisitAttentions = (ids, visit, options) => run("visitAttentions", [ids], options, { visit });
  const attentions: ReadAttentions = (ids, options) => run("attentions", [ids], options);
  return {
    backend,
    source,
    extended,
    text,
    generate: (prompt, options) => generating("generate", prompt, options) as AsyncGenerator<string, void, undefined>,
    generateTokens: (prompt, options) =>
      generating("generateTokens", prompt, options) as AsyncGenerator<number, void, undefined>,
    read: async (prompt, options) => prefixOf(await run<PrefixFacts>("read", [prompt], options)),
    prefixBytes: async (prefixes) =>
      ask("prefixBytes", [prefixes.map((prefix) => idOf("prefixBytes", connection, prefix))]),
    open: async (path, options) => prefixOf(await file("open", "openPrefix", [sentPath(path)], options)),
    chat: (options) =>
      startWorkerChat(connection, { prefixOf, idOf: (where, after) => idOf(where, connection, after) }, id, options),
    logits: (ids, options) => run("logits", [ids], options),
    visitLogits: (ids, visit, options) => run("visitLogits", [ids], options, { visit }),
    attentions,
    visitAttentions,
    withExtension: async (other) => {
      checkExtension("withExtension", other);
      const made = await call<ModelFacts>(connection, {
        where: "withExtension",
        work: "withExtension",
        args: [id, recordOf(other)],
      });
      return workerModel(connection, made, text);
    },
    createCache: (plan) => ask("createCache", [plan]),
    prefill: (before, prompt, options) => run("prefill", [before.id, prompt], options),
    releaseCache: (before) => ask("releaseCache", [before.id]),
    release: () => ask("release", []),
  };
};
