/** What is asked of this provider beyond the SDK's own settings: for every call of a model, and for one. */
import type { JSONObject, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { checkOneOf, show } from "@ropewalk/check";
import type { GenerateOptions } from "@ropewalk/generation";
import type { MoreSampling } from "./settings.ts";

/** Options of `generate` that the SDK's own settings stand for, by these. */
const instead = {
  maxNewTokens: "maxOutputTokens",
  stopStrings: "stopSequences",
  signal: "abortSignal",
  onDone: "usage and providerMetadata.ropewalk",
} as const;

const forms = ["chat", "text"] as const;
export type PromptForm = (typeof forms)[number];

/** Options of `generate`, as a `LanguageModel` or a `WorkerModel` takes them, and how a prompt is read. */
export type RopewalkOptions<Run extends GenerateOptions = GenerateOptions> = Omit<
  Run,
  keyof typeof instead | "sampling"
> & {
  /** How tokens are chosen, beyond what the SDK has names for. */
  readonly sampling?: MoreSampling;
  /**
   * `"chat"`: the messages through the checkpoint's chat template. `"text"`: one user message, as text to go on with, for models
   * that were not tuned to chat. Default `"chat"`.
   */
  readonly prompt?: PromptForm;
};

export type RopewalkSettings<Run extends GenerateOptions = GenerateOptions> = RopewalkOptions<Run> & {
  /** What the SDK calls the model in responses and logs. Default: the checkpoint's name. */
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

/** Of a model and of one call, which goes first. */
export const optionsFor = (
  settings: RopewalkOptions,
  { providerOptions }: LanguageModelV4CallOptions,
): RopewalkOptions => ({
  ...settings,
  ...checkedOptions("providerOptions.ropewalk", (providerOptions?.["ropewalk"] ?? {}) as RopewalkOptions),
});

/** Options as `providerOptions` of one call. The SDK's type of them is JSON; what is handed on is the value itself. */
export const ropewalkOptions = <Run extends GenerateOptions = GenerateOptions>(
  options: RopewalkOptions<Run>,
): { readonly ropewalk: JSONObject } => {
  checkedOptions("options", options as RopewalkOptions);
  return { ropewalk: options as unknown as JSONObject };
};
