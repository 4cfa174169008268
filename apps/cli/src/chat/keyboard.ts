/**
 * Lines that a user types, edited by readline. While an answer is written, typed text is not shown. It appears in the next line, and a line
 * that was finished meanwhile is the next message.
 */
import { Writable } from "node:stream";
import { createInterface } from "node:readline";
import type { History } from "./history.ts";
import { mostLines } from "./history.ts";

export type Keyboard = {
  /** The next line; undefined after Ctrl-D. */
  readonly line: (prompt: string) => Promise<string | undefined>;
  /** Sets the function that Ctrl-C calls while an answer is written, or when the line is empty. */
  readonly onInterrupt: (act: () => void) => void;
  readonly close: () => void;
};

/** The terminal as readline's output, which can be muted. */
const mutable = (terminal: NodeJS.WriteStream) => {
  let muted = true;
  const output = Object.assign(
    new Writable({
      write: (chunk, _, done) => {
        if (!muted) terminal.write(chunk as Uint8Array);
        done();
      },
    }),
    { columns: terminal.columns, isTTY: true },
  );
  const resize = (): void => {
    output.columns = terminal.columns;
    output.emit("resize");
  };
  terminal.on("resize", resize);
  return {
    output,
    mute: (to: boolean) => (muted = to),
    end: () => terminal.off("resize", resize),
  };
};

export const openKeyboard = (history: History | undefined): Keyboard => {
  const { output, mute, end } = mutable(process.stdout);
  const lines: string[] = [];
  let [isClosed, isWaiting] = [false, false];
  let wake: () => void = () => {};
  let interrupt: () => void = () => {};
  const readline = createInterface({
    input: process.stdin,
    output,
    terminal: true,
    prompt: "",
    history: [...(history?.lines ?? [])],
    historySize: mostLines,
    removeHistoryDuplicates: true,
  });
  readline.on("line", (line) => {
    lines.push(line);
    isWaiting = false;
    mute(true);
    wake();
  });
  readline.on("close", () => {
    isClosed = true;
    if (isWaiting) process.stdout.write("\n");
    else interrupt();
    wake();
  });
  readline.on("history", (all) => history?.keep(all));
  readline.on("SIGINT", () => {
    if (!isWaiting) return interrupt();
    const wasEmpty = readline.line === "";
    mute(true);
    // Clears the typed text.
    readline.write(null, { ctrl: true, name: "e" });
    readline.write(null, { ctrl: true, name: "u" });
    mute(false);
    process.stdout.write("\n");
    if (wasEmpty) interrupt();
    readline.prompt();
  });
  return {
    line: async (prompt) => {
      if (lines.length > 0) {
        const line = lines.shift()!;
        process.stdout.write(`${prompt}${line}\n`);
        return line;
      }
      if (isClosed) return undefined;
      readline.setPrompt(prompt);
      mute(false);
      isWaiting = true;
      readline.prompt(true);
      await new Promise<void>((resolve) => (wake = resolve));
      return lines.shift();
    },
    onInterrupt: (act) => (interrupt = act),
    close: () => {
      end();
      // The caller closes it, so the interrupt is not called.
      interrupt = () => {};
      if (!isClosed) readline.close();
    },
  };
};
