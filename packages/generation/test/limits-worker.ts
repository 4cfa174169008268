/** Runs what it is sent, one after the other, and says what came of it and how much of a processor's time it took. */
import { parentPort } from "node:worker_threads";
import { chatFormat, textCodec, type ChatMessage } from "../src/index.ts";
import type { Task } from "./within-limits.ts";

const run = (task: Task): string => {
  if (task.kind === "template")
    return chatFormat(task.template, { bos_token: "<s>", eos_token: "</s>" })(task.messages as readonly ChatMessage[]);
  const codec = textCodec({ tokenizer: JSON.parse(task.tokenizer), config: JSON.parse(task.config) });
  const ids = codec.encode(task.text);
  return codec.decode(ids).length > 0 ? "text" : "no text";
};

parentPort!.on("message", (task: Task) => {
  const begun = process.threadCpuUsage();
  let said: string;
  try {
    said = run(task);
    said = `ok: ${said.length > 500 ? `${said.slice(0, 500)}…` : said}`;
  } catch (error) {
    said = String(error);
  }
  const { user, system } = process.threadCpuUsage(begun);
  parentPort!.postMessage({ said, seconds: (user + system) / 1e6 });
});
