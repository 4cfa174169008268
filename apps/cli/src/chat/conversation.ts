/** A conversation at a terminal or in a pipe: each line is a question, and an answer can be stopped. */
import type { Chat, GenerationStats, LanguageModel, Prefix, SendOptions } from "@ropewalk/generation";
import { noticeBeyondCapacity } from "../terminal/notice.ts";

export type Talk = {
  readonly model: LanguageModel;
  /** Begins a conversation, with the system message and the document. */
  readonly begin: () => Chat;
  readonly run: SendOptions;
  /** The document before it. */
  readonly document: Prefix | undefined;
};

/** The options of question number `asked` of this start. Each question has its own seed. */
export const runOf = ({ run }: Talk, asked: number): SendOptions => {
  const { sampling } = run;
  return sampling?.kind === "sample" ? { ...run, sampling: { ...sampling, seed: sampling.seed + asked } } : run;
};

/** Returns a function that says once when a conversation grows beyond the model's capacity. */
export const beyondTeller = ({ model, run }: Talk): ((chat: Chat) => void) => {
  let told = false;
  return ({ ids: { length } }) => {
    if (told || run.beyondCapacity !== "allow" || length <= model.extended.capacity) return;
    told = true;
    noticeBeyondCapacity("chat", model, length);
  };
};

/** Stops an answer. The part that was given stays; before the first piece the question is taken back too. */
export type Stop = { readonly signal: AbortSignal; readonly stop: () => void; readonly isStopped: () => boolean };

export const stopper = (): Stop => {
  const abort = new AbortController();
  return { signal: abort.signal, stop: () => abort.abort(), isStopped: () => abort.signal.aborted };
};

export type Answer = { readonly text: string; readonly stats: GenerationStats | undefined };

/**
 * Asks a question, and writes the answer as it comes.
 *
 * @param write - called with each piece of the answer
 */
export const ask = async (
  chat: Chat,
  message: Parameters<Chat["send"]>[0],
  run: SendOptions,
  { signal, isStopped }: Stop,
  write: (piece: string) => void,
): Promise<Answer> => {
  let text = "";
  let stats: GenerationStats | undefined;
  // An abort takes the whole turn back, so after the first piece the loop is left instead.
  const untilSaid = new AbortController();
  const abort = (): void => {
    if (text === "") untilSaid.abort(signal.reason);
  };
  signal.addEventListener("abort", abort);
  try {
    for await (const piece of chat.send(message, {
      ...run,
      signal: untilSaid.signal,
      onDone: (took) => (stats = took),
    })) {
      text += piece;
      write(piece);
      if (isStopped()) break;
    }
  } catch (error) {
    if (!isStopped() || error !== signal.reason) throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  return { text, stats };
};
