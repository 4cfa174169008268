/** A conversation without a terminal: each line is a message, and each answer is its text alone, or a JSON object. */
import { createInterface } from "node:readline";
import { statsReport } from "../render/stats.ts";
import { ask, beyondTeller, runOf, stopper, type Talk } from "./conversation.ts";

/** @throws the error of the first message that fails */
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
