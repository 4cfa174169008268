/** A conversation as a terminal and a pipe hold it: asked line by line, stopped in the middle, taken back. */
import type { Chat, GenerationStats, LanguageModel, Prefix, SendOptions } from "@ropewalk/generation";
import { noticeBeyondCapacity } from "../terminal/notice.ts";

export type Talk = {
  readonly model: LanguageModel;
  /** A new one, with what every one begins with. */
  readonly begin: () => Chat;
  readonly run: SendOptions;
  /** The document before it. */
  readonly document: Prefix | undefined;
};

/** As the flags say, for the `asked`th question of this start: each has a seed of its own. */
export const runOf = ({ run }: Talk, asked: number): SendOptions => {
  const { sampling } = run;
  return sampling?.kind === "sample" ? { ...run, sampling: { ...sampling, seed: sampling.seed + asked } } : run;
};

/** Says once when a conversation has gone beyond what the model knows positions for. */
export const beyondTeller = ({ model, run }: Talk): ((chat: Chat) => void) => {
  let told = false;
  return ({ ids: { length } }) => {
    if (told || run.beyondCapacity !== "allow" || length <= model.extended.capacity) return;
    told = true;
    noticeBeyondCapacity("chat", model, length);
  };
};

/** Ends an answer: what was said of it stands; where nothing was, it is as if nothing had been asked. */
export type Stop = { readonly signal: AbortSignal; readonly stop: () => void; readonly isStopped: () => boolean };

export const stopper = (): Stop => {
  const abort = new AbortController();
  return { signal: abort.signal, stop: () => abort.abort(), isStopped: () => abort.signal.aborted };
};

export type Answer = { readonly text: string; readonly stats: GenerationStats | undefined };

/**
 * Asks, and writes the answer as it comes.
 *
 * @param write - given each piece of it
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
  // Once something was said, an abort would take it back: the loop is left instead.
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
