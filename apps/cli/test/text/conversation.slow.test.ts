/** `ropewalk chat`: through a pipe, and at a terminal of 80 columns. */
import { cpu } from "@ropewalk/backend-node";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { file, ropewalk, ropewalkOn, scratch } from "../run.ts";

const template = "{{ bos_token }}{% for m in messages %}{{ m.content }} {% endfor %}";
const folder = join(scratch, "storyteller");
cpSync(resolve("packages/tiny-models/stories260K"), folder, { recursive: true });
writeFileSync(join(folder, "chat_template.jinja"), template);

let model: LanguageModel;
beforeAll(async () => {
  model = await loadModel(folder, { backend: cpu() });
});
afterAll(() => model.release());

/** What a chat of the library answers. */
const answers = async (options: Parameters<LanguageModel["chat"]>[0], ...messages: readonly string[]) => {
  const chat = model.chat(options);
  const all: string[] = [];
  for (const message of messages) {
    let text = "";
    for await (const piece of chat.send(message, { maxNewTokens: 12 })) text += piece;
    all.push(text);
  }
  chat.release();
  return all;
};

describe("through a pipe", () => {
  const run = ["--max-new-tokens", "12"];

  it("reads a message a line, and prints answers and nothing else", async () => {
    const [first, second] = await answers({ system: "A story." }, "Once upon a time,", "Then /reset");
    const told = ["chat", folder, "--system", "A story.", ...run];
    const { stdout, stderr, code } = await ropewalkOn("Once upon a time,\r\n\nThen /reset", ...told);
    expect({ stdout, stderr, code }).toEqual({ stdout: `${first}\n${second}\n`, stderr: "", code: 0 });
  });

  it("stands behind a text that was read, in a template of one's own, and prints JSON where it is asked to", async () => {
    const document = await model.read("Lily had a dog. ");
    const saved = join(scratch, "lily.kv");
    await document.save(saved);
    const [first, second] = await answers({ after: document }, "The dog", "It was");
    document.release();
    const jinja = file("story.jinja", template);
    const options = ["chat", "stories260K", "--after", saved, "--template", jinja, "--json", ...run];
    const { stdout, stderr } = await ropewalkOn("The dog\nIt was\n", ...options);
    expect(stderr).toBe("");
    const [a, b] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([a!["text"], b!["text"]]).toEqual([first, second]);
    expect(a).toMatchObject({ cachedTokens: document.ids.length - 1, newTokens: 12 });
  });

  it.each([
    [
      ["stories260K"],
      "chat: stories260K must have a chat template, got none; --template <file> gives it one, generate goes on with text",
    ],
    [[folder, "--top-k", "4"], "chat: --top-k is not read at --temperature 0, got 4"],
    [[folder, "--length", "0"], "chat: --length must be a positive integer, got 0"],
    [
      [folder, "--method", "self-extend"],
      "chat: --method self-extend needs a --group-size, or a --length to choose it for",
    ],
    [[folder, "--after", "none.kv"], /^--after: .*none\.kv must be a file/],
    [[folder, "--template", "none.jinja"], "--template: none.jinja must be a readable file, got ENOENT"],
  ])("refuses %j", async (args, message) => {
    const { stderr, code, stdout } = await ropewalk("chat", ...args);
    expect([code, stdout]).toEqual([1, ""]);
    if (typeof message === "string") expect(stderr).toBe(`ropewalk: ${message}\n`);
    else expect(stderr.replace("ropewalk: ", "")).toMatch(message);
  });

  it("ends at what cannot be answered", async () => {
    const { stdout, stderr, code } = await ropewalkOn(`Once\n${"a ".repeat(600)}\nThen\n`, "chat", folder, ...run);
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([1, 1]);
    expect(stderr).toMatch(/^ropewalk: .*must be at most 512 tokens/);
  });
});

/** A terminal that is typed at, by Debian's `script`. */
const terminal = (...args: readonly string[]) => {
  const started = [process.execPath, "--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts"), "chat", ...args];
  const command = `stty cols 80 rows 24; ${started.map((word) => `'${word}'`).join(" ")}`;
  const state = join(scratch, "state");
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: scratch,
    env: { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: state },
  });
  let [shown, from] = ["", 0];
  let wake: () => void = () => {};
  child.stdout.on("data", (data: Buffer) => {
    shown += data.toString();
    wake();
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  /** What is shown from where the last one ended, up to the words. */
  const until = async (words: string | RegExp): Promise<string> => {
    for (;;) {
      const now = stripVTControlCharacters(shown.slice(from)).replaceAll("\r", "");
      const found = typeof words === "string" ? now.includes(words) : words.test(now);
      if (found) {
        from = shown.length;
        return now;
      }
      const came = new Promise<boolean>((done) => (wake = () => done(true)));
      if (!(await Promise.race([came, setTimeout(20_000, false)])))
        throw new Error(`${words} must be shown, got ${JSON.stringify(now)}`);
    }
  };
  const type = (text: string): void => void child.stdin.write(text);
  return { type, until, ended, history: join(state, "ropewalk", "chat-history") };
};

const stats = /new \d+ tokens?, .* tokens\/s\n(.*\n)*> $/;

describe.skipIf(!existsSync("/usr/bin/script"))("at a terminal", () => {
  it("talks, stops, goes back, forks, saves, and leaves", async () => {
    const { type, until, ended, history } = terminal(folder, "--max-new-tokens", "12");
    await until("Ctrl-D leaves\n> ");
    type("Once upon a time,\r");
    const [first] = await answers({}, "Once upon a time,");
    const shown = await until(stats);
    expect(shown).toContain(`${first}\n`);
    type("Then\\\rshe\r");
    expect(await until(stats)).toMatch(/prompt \d+ tokens, \d+ tokens read before, /);
    type("/fork two\r");
    expect(await until("> ")).toMatch(/two: 2 turns, \d+ tokens\n/);
    type("/undo 3\r");
    expect(await until('got "3"\n> ')).toContain("turns must be from 1 to 2");
    type("/undo\r");
    await until(/1 turn, \d+ tokens\n> $/);
    type("/back two\r");
    await until(/two: 2 turns, \d+ tokens\n> $/);
    type("/retry\r");
    await until("/retry gives the same answer at --temperature 0\n> ");
    type("/sav x\r");
    await until("/sav is no command; /save is meant? (/help lists them)\n> ");
    type("/save talk.kv\r");
    await until(/talk\.kv: 2 turns, \d+ tokens, [\d.]+ kB\n> $/);
    expect(statSync(join(scratch, "talk.kv")).size).toBeGreaterThan(10_000);
    type(`${"a ".repeat(600)}\r`);
    await until(/must be at most \d+ tokens, [^]*> $/);
    type("/help\r");
    const help = await until(/continues in the next line\n> $/);
    expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThan(80);
    type("typed\u0003");
    await until("typed\n> ");
    type("\u0003");
    await until("Ctrl-D leaves\n> ");
    type("/reset\r");
    await until("a new conversation\n> ");
    type("\u0004");
    expect(await ended).toBe(0);
    const lines = readFileSync(history, "utf8").trimEnd().split("\n");
    expect([lines[0], lines.at(-1)]).toEqual(["Once upon a time,", "/reset"]);
    expect(statSync(history).mode & 0o777).toBe(0o600);
  });

  it("stops an answer at Ctrl-C and stays, behind what was saved; what is typed meanwhile comes next; keeps no history", async () => {
    const options = ["--beyond-capacity", "--max-new-tokens", "1500", "--temperature", "0.5", "--no-history"];
    const { type, until, ended, history } = terminal(folder, ...options, "--after", "talk.kv");
    const before = readFileSync(history, "utf8");
    await until("Ctrl-D leaves\n> ");
    type("Once upon a time\r");
    await until(/time\n+.*[a-z]{2}/);
    type("/about\r\u0003");
    const told = await until(/behind \d+ tokens of a document\n> $/);
    expect(told).toMatch(/stopped\n> \/about\n1 turn, \d+ tokens of \d+, /);
    type("/retry\r");
    await until(/retry\n+.*[a-z]{2}/);
    type("\u0003");
    await until(/stopped\n> $/);
    type("/exit\r");
    expect(await ended).toBe(0);
    expect(await until("")).toMatch(/\/exit\n*$/);
    expect(readFileSync(history, "utf8")).toBe(before);
  });
});
