/** A chat model of LangChain on a model of `@ropewalk/generation`, here or in a worker. */
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { ChatMessage, GenerateOptions, GenerationStats, LanguageModel, Prompt } from "@ropewalk/generation";

export type ChatRopewalkFields = {
  /** A model from `loadModel`. You release it. */
  readonly model: Pick<LanguageModel, "generate">;
  /** Options of every run: `sampling`, `maxNewTokens`, `after` for a text that was read, and all others of `generate`. */
  readonly options?: Omit<GenerateOptions, "signal" | "onDone">;
  /** Makes the prompt of a conversation. Absent: the checkpoint's chat template is applied to the messages. */
  readonly prompt?: (messages: readonly ChatMessage[]) => Prompt;
};

const roles: Readonly<Record<string, string>> = { system: "system", human: "user", ai: "assistant" };

const messageOf = (message: BaseMessage): ChatMessage => {
  const role = roles[message.type];
  if (role === undefined)
    throw new TypeError(`ChatRopewalk: messages must be system, human or ai, got ${message.type}`);
  const content = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
  const other = content.find(({ type }) => type !== "text");
  if (other !== undefined) throw new TypeError(`ChatRopewalk: messages must be text, got a part of kind ${other.type}`);
  return { role, content: content.map((part) => (part as { readonly text: string }).text).join("") };
};

const usageOf = ({ promptTokens, cachedTokens, newTokens }: GenerationStats): UsageMetadata => ({
  input_tokens: promptTokens,
  output_tokens: newTokens,
  total_tokens: promptTokens + newTokens,
  input_token_details: { cache_read: cachedTokens },
});

/** The end of an answer: an empty chunk with the numbers of tokens. */
const endOf = (stats: GenerationStats): ChatGenerationChunk =>
  new ChatGenerationChunk({
    text: "",
    message: new AIMessageChunk({
      content: "",
      response_metadata: { finish_reason: stats.finish },
      // Under exactOptionalPropertyTypes LangChain's types do not have the field.
      usage_metadata: usageOf(stats) as never,
    }),
  });

export class ChatRopewalk extends BaseChatModel {
  readonly #fields: ChatRopewalkFields;

  constructor(fields: ChatRopewalkFields) {
    super({});
    this.#fields = fields;
  }

  override _llmType(): string {
    return "ropewalk";
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    { signal, stop }: this["ParsedCallOptions"],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { model, options, prompt = (chat) => chat } = this.#fields;
    let stats: GenerationStats | undefined;
    const pieces = model.generate(prompt(messages.map(messageOf)), {
      ...options,
      ...(stop && { stopStrings: stop }),
      ...(signal && { signal }),
      onDone: (done) => (stats = done),
    });
    for await (const text of pieces) {
      yield new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) });
      await run?.handleLLMNewToken(text);
    }
    yield endOf(stats!);
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    run?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined;
    for await (const chunk of this._streamResponseChunks(messages, options, run)) whole = whole?.concat(chunk) ?? chunk;
    return { generations: [whole!] };
  }
}
