/** A model of `@ropewalk/generation`, here or in a worker, as a language model of the AI SDK. */
import type { LanguageModelV4, LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import { check } from "@ropewalk/check";
import type { GenerateOptions, GenerationStats, Prompt, TextCodec } from "@ropewalk/generation";
import { checkSettings, optionsFor, type RopewalkOptions, type RopewalkSettings } from "./generate-options.ts";
import { promptFrom } from "./prompt.ts";
import { finishReasonOf, metadataOf, usageOf } from "./result.ts";
import { checkAsked, endsOf, samplingOf } from "./settings.ts";
import { streamOf } from "./stream.ts";

/** What a `LanguageModel` and a `WorkerModel` both have. */
export type Runnable<Run extends GenerateOptions = GenerateOptions> = {
  readonly source: { readonly name: string };
  readonly text: TextCodec | undefined;
  readonly generate: (prompt: Prompt, options?: Run) => AsyncGenerator<string, void, undefined>;
};

type Started = {
  readonly pieces: AsyncGenerator<string, void, undefined>;
  readonly warnings: SharedV4Warning[];
  /** The result of the run, once it has ended. */
  readonly ended: () => Pick<
    Awaited<ReturnType<LanguageModelV4["doGenerate"]>>,
    "finishReason" | "usage" | "providerMetadata"
  >;
};

const start = (
  model: Runnable,
  settings: RopewalkOptions,
  asked: LanguageModelV4CallOptions,
  signal: AbortSignal | undefined,
): Started => {
  const warnings: SharedV4Warning[] = [];
  const warn = (warning: SharedV4Warning): void => void warnings.push(warning);
  const { prompt: form = "chat", sampling: more, ...options } = optionsFor(settings, asked);
  checkAsked(asked, warn);
  const prompt = promptFrom({ text: model.text, name: model.source.name }, asked.prompt, form, warn);
  const sampling = samplingOf(asked, more);
  let stats: GenerationStats | undefined;
  const pieces = model.generate(prompt, {
    ...options,
    ...endsOf(asked),
    sampling,
    onDone: (done) => (stats = done),
    ...(signal && { signal }),
  });
  return {
    pieces,
    warnings,
    ended: () => ({
      finishReason: finishReasonOf(stats!),
      usage: usageOf(stats!),
      providerMetadata: metadataOf(stats!, sampling),
    }),
  };
};

/**
 * A language model for `generateText`, `streamText` and the other functions of the AI SDK.
 *
 * @param model - from `loadModel` of `@ropewalk/generation` or of a worker's connection; the caller still has to release it
 * @param settings - for every call; `providerOptions: ropewalkOptions({ … })` sets them for one call
 * @throws TypeError for a value that is not a model, and for settings that the SDK has its own names for
 */
export const ropewalk = <Options extends GenerateOptions = GenerateOptions>(
  model: Runnable<Options>,
  settings: RopewalkSettings<Options> = {} as RopewalkSettings<Options>,
): LanguageModelV4 => {
  check(
    typeof (model as Partial<Runnable> | undefined)?.generate === "function",
    "ropewalk: model must be one that loadModel gave",
    model,
    "object",
  );
  const runnable = model as unknown as Runnable;
  const { modelId = model.source.name, ...options } = checkSettings(settings as unknown as RopewalkSettings);
  return {
    specificationVersion: "v4",
    provider: "ropewalk",
    modelId,
    supportedUrls: {},
    doGenerate: async (asked) => {
      const timestamp = new Date();
      const { pieces, warnings, ended } = start(runnable, options, asked, asked.abortSignal);
      let text = "";
      for await (const piece of pieces) text += piece;
      return {
        content: text === "" ? [] : [{ type: "text", text }],
        ...ended(),
        warnings,
        response: { timestamp, modelId },
      };
    },
    doStream: async (asked) => {
      const timestamp = new Date();
      const left = new AbortController();
      const signal = asked.abortSignal ? AbortSignal.any([asked.abortSignal, left.signal]) : left.signal;
      const { pieces, warnings, ended } = start(runnable, options, asked, signal);
      const stream = await streamOf({
        head: [
          { type: "stream-start", warnings },
          { type: "response-metadata", timestamp, modelId },
        ],
        pieces,
        raw: asked.includeRawChunks === true,
        finish: () => ({ type: "finish", ...ended() }),
        abort: (reason) => left.abort(reason),
        isAborted: () => signal.aborted,
      });
      return { stream };
    },
  };
};
