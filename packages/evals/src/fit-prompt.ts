/**
 * Fills a prompt with a line's fields, and cuts it to a number of tokens.
 *
 *   fields       {context} stands for the line's context; {{ and }} for braces
 *   truncation   of more than `most` tokens the first and the last floor(most / 2) stay, because the question stands at one end
 */
import { closest, show } from "@ropewalk/check";
import type { TextCodec } from "@ropewalk/generation";

/**
 * The prompt with the fields in their places.
 *
 * @throws RangeError when the prompt names a field that the line does not have, or has a single brace
 */
export const filled = (where: string, at: string, prompt: string, fields: Readonly<Record<string, string>>): string =>
  prompt.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name: string | undefined) => {
    if (found === "{{" || found === "}}") return found[0]!;
    if (name === undefined)
      throw new RangeError(`${where}: the prompt of ${at} must have ${found}${found} for a brace, got ${found} alone`);
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field !== undefined) return field;
    const meant = closest(name, Object.keys(fields));
    throw new RangeError(
      `${where}: the prompt of ${at} must have no fields but ${Object.keys(fields).join(", ")}, got ${show(name)}${meant === undefined ? "" : `; ${meant} is meant?`}`,
    );
  });

/** The text without its middle, where it has more than `most` tokens. */
export const withoutMiddle = (codec: TextCodec, text: string, most: number): string => {
  const ids = codec.encode(text);
  if (ids.length <= most) return text;
  const half = Math.floor(most / 2);
  return codec.decode(ids.slice(0, half)) + codec.decode(ids.slice(ids.length - half));
};

export type Fitted = {
  readonly ids: readonly number[];
  /** Whether its middle was left out. */
  readonly truncated: boolean;
};

/**
 * The ids of a prompt. The prompt is truncated to `most` tokens, and with `chat` put into the checkpoint's chat template. It is
 * truncated further until there are at most `room` ids, with the template.
 *
 * @throws RangeError when there is no room
 */
export const fitPrompt = (
  where: string,
  codec: TextCodec,
  text: string,
  { most, room, chat }: { readonly most: number; readonly room: number; readonly chat: boolean },
): Fitted => {
  const encode = (content: string): readonly number[] =>
    chat ? codec.encodeChat!([{ role: "user", content }]) : codec.encode(content);
  let left = most;
  // A text that is decoded and encoded again may have a few more tokens.
  while (left >= 2) {
    const content = withoutMiddle(codec, text, left);
    const ids = encode(content);
    if (ids.length <= room) return { ids, truncated: content !== text };
    left = Math.min(left - 1, left - (ids.length - room));
  }
  throw new RangeError(`${where}: length must leave room for a prompt of at least 2 tokens, got ${room} tokens`);
};
