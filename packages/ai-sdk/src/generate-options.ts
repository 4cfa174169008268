/** This provider's own options, beyond the SDK's settings: for every call of a model, and for one call. */
import type { JSONObject, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { checkOneOf, show } from "@ropewalk/check";
import type { GenerateOptions } from "@ropewalk/generation";
import type { MoreSampling } from "./settings.ts";

/** Options of `generate` that are set by the SDK's own settings, with the names of these settings. */
const instead = {
  maxNewTokens: "maxOutputTokens",
  stopStrings: "stopSequences",
  signal: "abortSignal",
  onDone: "usage and providerMetadata.ropewalk",
} as const;

const forms = ["chat", "text"] as const;
export type PromptForm = (typeof forms)[number];

/** The options of `generate` of a `LanguageModel` or a `WorkerModel`, and how a prompt is read. */
export type RopewalkOptions<Run extends GenerateOptions = GenerateOptions> = Omit<
  Run,
  keyof typeof instead | "sampling"
> & {
  /** Sampling numbers that the SDK has no names for. */
  readonly sampling?: MoreSampling;
  /**
   * `"chat"`: the messages are written by the checkpoint's chat template. `"text"`: the prompt is one user message, and the model
   * continues its text; for models that were not tuned to chat. Default `"chat"`.
   */
  readonly prompt?: PromptForm;
};

export type RopewalkSettings<Run extends GenerateOptions = GenerateOptions> = RopewalkOptions<Run> & {
  /** The model's name in the SDK's responses and logs. Default: the checkpoint's name. */
  readonly modelId?: string;
};

const checkedOptions = (where: string, options: RopewalkOptions): RopewalkOptions => {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`ropewalk: ${where} must be an object, got ${show(options)}`);
  for (const [name, setting] of Object.entries(instead))
    if (Object.hasOwn(options, name))
      throw new TypeError(`ropewalk: ${where} must have no ${name}, for which the AI SDK has ${setting}`);
  if (options.prompt !== undefined) checkOneOf("ropewalk", `${where}.prompt`, options.prompt, forms);
  return options;
};

export const checkSettings = (settings: RopewalkSettings): RopewalkSettings => {
  checkedOptions("settings", settings);
  const { modelId } = settings;
  if (modelId !== undefined && typeof modelId !== "string")
    throw new TypeError(`ropewalk: settings.modelId must be text, got ${show(modelId)}`);
  return settings;
};

/** The options of a model and of one call together. The call's options win. */
export const optionsFor = (
  settings: RopewalkOptions,
  { providerOptions }: LanguageModelV4CallOptions,
): RopewalkOptions => ({
  ...settings,
  ...checkedOptions("providerOptions.ropewalk", (providerOptions?.["ropewalk"] ?? {}) as RopewalkOptions),
});

/** The options as `providerOptions` of one call. The SDK types them as JSON, but passes the value itself on, functions included. */
export const ropewalkOptions = <Run extends GenerateOptions = GenerateOptions>(
  options: RopewalkOptions<Run>,
): { readonly ropewalk: JSONObject } => {
  checkedOptions("options", options as RopewalkOptions);
  return { ropewalk: options as unknown as JSONObject };
};
