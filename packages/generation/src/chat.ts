/** A conversation as one text, by the template that its checkpoint was tuned with. */
import { Template } from "@huggingface/jinja";

export type ChatMessage = {
  /** `system`, `user`, `assistant`, or what else the template knows. */
  readonly role: string;
  readonly content: string;
};

/** The text that the model goes on with as the assistant. */
export type ChatFormat = (messages: readonly ChatMessage[]) => string;

/** The special tokens that tokenizer_config.json names, as text: templates write them. */
const specialTokens = (config: object): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
      const text = typeof value === "object" && value !== null && "content" in value ? value.content : value;
      return key.endsWith("_token") && typeof text === "string" ? [[key, text]] : [];
    }),
  );

/**
 * @param template - Jinja, as chat_template.jinja or tokenizer_config.json has it
 * @param config - the parsed tokenizer_config.json
 * @throws Error when the template cannot be read; the format throws one when the template refuses the messages
 */
export const chatFormat = (template: string, config: object): ChatFormat => {
  const said = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  let read: Template;
  try {
    read = new Template(template);
  } catch (error) {
    throw new RangeError(`chatFormat: the chat template must be Jinja, got ${said(error)}`, { cause: error });
  }
  const tokens = specialTokens(config);
  return (messages) => {
    try {
      return read.render({ ...tokens, messages, add_generation_prompt: true });
    } catch (error) {
      throw new RangeError(
        `chatFormat: the messages must be as the chat template wants them, got roles ${messages.map(({ role }) => role).join(", ")}: ${said(error)}`,
        { cause: error },
      );
    }
  };
};
