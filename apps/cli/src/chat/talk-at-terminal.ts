/** A conversation at a terminal. */
import type { SendOptions } from "@ropewalk/generation";
import picocolors from "picocolors";
import { promptBar } from "../terminal/progress-bars.ts";
import { statsLine } from "../render/stats.ts";
import { oneLine, wordsOf } from "../terminal/messages.ts";
import { command, isCommand, type Held } from "./slash-commands.ts";
import { ask, beyondTeller, runOf, stopper, type Stop, type Talk } from "./conversation.ts";
import type { History } from "./history.ts";
import { openKeyboard, type Keyboard } from "./keyboard.ts";

const [first, further] = ["> ", ". "];

/** Reads a message. A line that ends with a backslash continues in the next line. */
const messageFrom = async (keyboard: Keyboard): Promise<string | undefined> => {
  const lines: string[] = [];
  for (;;) {
    const line = await keyboard.line(lines.length === 0 ? first : further);
    if (line === undefined) return undefined;
    if (!line.endsWith("\\")) return [...lines, line].join("\n");
    lines.push(line.slice(0, -1));
  }
};

const tell = (text: string): void => {
  if (text !== "") process.stdout.write(`${picocolors.dim(text)}\n`);
};

const answer = async (
  given: SendOptions,
  { chat }: Held,
  message: Parameters<typeof ask>[1],
  stop: Stop,
): Promise<void> => {
  const bar = promptBar();
  let last = "";
  const write = (piece: string): void => {
    process.stdout.write(piece);
    last = piece;
  };
  const run = { ...given, onPrefill: bar.onPrefill };
  try {
    const { stats } = await ask(chat, message, run, stop, write);
    if (last !== "" && !last.endsWith("\n")) process.stdout.write("\n");
    last = "";
    tell(stats === undefined ? "stopped" : statsLine(stats));
  } finally {
    bar.stop();
    if (last !== "") process.stdout.write("\n");
  }
};

/** Answers the last question again in a fork. When the new answer is stopped before its first piece, the old answer stays. */
const again = async (held: Held, asking: (held: Held, message: Parameters<typeof ask>[1]) => Promise<void>) => {
  const { chat, kept } = held;
  const trial = chat.fork();
  const { messages, turns } = trial;
  trial.rollback();
  try {
    await asking({ chat: trial, kept }, messages.slice(trial.messages.length, -1));
  } catch (error) {
    trial.release();
    throw error;
  }
  const isAnswered = trial.turns === turns;
  (isAnswered ? chat : trial).release();
  return isAnswered ? { chat: trial, kept } : held;
};

/** Talks until Ctrl-D. An error of a message or a command is shown, and the conversation continues. */
export const talkAtTerminal = async (talk: Talk, history: History | undefined, ended: AbortSignal): Promise<void> => {
  const keyboard = openKeyboard(history);
  let held: Held = { chat: talk.begin(), kept: new Map() };
  let stop: Stop | undefined;
  let count = 0;
  const tellBeyond = beyondTeller(talk);
  keyboard.onInterrupt(() => (stop === undefined ? tell("Ctrl-D leaves") : stop.stop()));
  ended.addEventListener("abort", () => {
    stop?.stop();
    keyboard.close();
  });
  const asking = async (asked: Held, message: Parameters<typeof ask>[1]): Promise<void> => {
    stop = stopper();
    try {
      await answer(runOf(talk, count++), asked, message, stop);
      tellBeyond(asked.chat);
    } finally {
      stop = undefined;
    }
  };
  const one = async (message: string): Promise<boolean> => {
    if (!isCommand(message)) {
      await asking(held, message);
      return true;
    }
    const { said, asksAgain = false, leave = false, ...now } = await command(message, held, talk);
    held = now;
    tell(said);
    if (asksAgain) held = await again(held, asking);
    return !leave;
  };
  tell("/help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves");
  try {
    for (let goesOn = true; goesOn;) {
      const message = await messageFrom(keyboard);
      if (message === undefined) break;
      if (message.trim() === "") continue;
      try {
        goesOn = await one(message);
      } catch (error) {
        process.stdout.write(`${picocolors.red(oneLine(wordsOf(error)))}\n`);
      }
    }
  } finally {
    keyboard.close();
    for (const chat of [held.chat, ...held.kept.values()]) chat.release();
  }
  ended.throwIfAborted();
};
