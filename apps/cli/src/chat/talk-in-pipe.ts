/** A conversation without a terminal: a message a line, and of the answers nothing but their text, or an object a line. */
import { createInterface } from "node:readline";
import { statsReport } from "../render/stats.ts";
import { ask, beyondTeller, runOf, stopper, type Talk } from "./conversation.ts";

/** @throws what the first message that fails fails with */
export const talkInPipe = async (talk: Talk, json: boolean, ended: AbortSignal): Promise<void> => {
  const chat = talk.begin();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  const stop = stopper();
  const tellBeyond = beyondTeller(talk);
  let asked = 0;
  ended.addEventListener("abort", () => {
    stop.stop();
    lines.close();
  });
  try {
    for await (const line of lines) {
      if (line.trim() === "") continue;
      ended.throwIfAborted();
      const { text, stats } = await ask(chat, line, runOf(talk, asked++), stop, (piece) => {
        if (!json) process.stdout.write(piece);
      });
      ended.throwIfAborted();
      tellBeyond(chat);
      process.stdout.write(json ? `${JSON.stringify({ text, ...statsReport(stats!) })}\n` : "\n");
    }
  } finally {
    lines.close();
    chat.release();
  }
  ended.throwIfAborted();
};
