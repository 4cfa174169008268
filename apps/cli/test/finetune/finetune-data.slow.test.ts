/** What the command does with data as people have it: what it says of it, what it counts, and what it refuses. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { file, ropewalk, scratch } from "../run.ts";

const place = (name: string): string => join(scratch, name);
const lines = (name: string, ...all: readonly unknown[]): string =>
  file(name, all.map((line) => `${JSON.stringify(line)}\n`).join(""));

/** A model whose template knows two roles. */
const chat = place("chat");
cpSync(resolve("packages/tiny-models/stories260K"), chat, { recursive: true });
const tokenizerConfig = join(chat, "tokenizer_config.json");
const chatTemplate =
  "{% for m in messages %}{% if m.role not in ['user', 'assistant'] %}{{ raise_exception('no such role') }}{% endif %}" +
  "{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";
writeFileSync(
  tokenizerConfig,
  JSON.stringify({ ...JSON.parse(readFileSync(tokenizerConfig, "utf8")), chat_template: chatTemplate }),
);

const story = "Once upon a time, there was a little girl. She had a red ball and a big dog. ";
const [text, short] = [file("long.txt", story.repeat(8)), file("short.txt", story)];
const said = (user: string, assistant: string) => ({
  messages: [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ],
});
const talk = lines("talk.jsonl", said("Who is Lily?", "A girl."), said("And Tim?", "A boy."));
const longer = lines("longer.jsonl", { text: "A cat." }, { text: story.repeat(3) }, { text: story.repeat(4) });
const wizard = lines("wizard.jsonl", said("Who?", "I."), { messages: [{ role: "wizard", content: "Hi" }] });

const run = (model: string, ...args: readonly string[]) =>
  ropewalk(
    ...["finetune", model, ...args, "--steps", "1", "--batch-size", "1", "--learning-rate", "1e-3", "--threads", "1"],
  );

type Counts = Readonly<Record<"samples" | "documents" | "cut" | "leftOut", number>>;

describe("finetune's data", () => {
  it.each<[string, readonly string[], Partial<Counts> & { readonly heldOut?: Partial<Counts> }, RegExp]>([
    [
      "a text that is shorter than the length",
      ["--data", short, "--length", "96"],
      { samples: 1, documents: 1 },
      /^finetune: the longest sample has \d\d of --length 96 tokens; nothing is learned of distances beyond it\n$/,
    ],
    [
      "longer documents, cut",
      ["--data", longer, "--length", "40", "--longer", "cut"],
      { samples: 3, documents: 3, cut: 2, leftOut: 0 },
      /^$/,
    ],
    [
      "longer documents, left out",
      ["--data", longer, "--length", "40", "--longer", "leave-out"],
      { samples: 1, documents: 3, cut: 0, leftOut: 2 },
      /^finetune: the longest sample has \d of --length 40 tokens; nothing is learned of distances beyond it\n$/,
    ],
    [
      "packed lines",
      ["--data", longer, "--length", "40", "--arrange", "pack"],
      { samples: 5, documents: 3, cut: 0 },
      /^$/,
    ],
    [
      "a text beside lines, which alone are cut",
      ["--data", text, "--evaluation", longer, "--length", "40", "--longer", "cut"],
      { documents: 1, cut: 0, heldOut: { samples: 3, cut: 2 } },
      /^finetune: --longer is not for .*long\.txt, whose documents are packed, none of them cut\n$/,
    ],
    [
      "lines beside a text, which alone has separators",
      ["--data", longer, "--evaluation", text, "--length", "400", "--separator", "."],
      { documents: 3, heldOut: { documents: 16 } },
      /^finetune: --separator is not for .*longer\.jsonl, which has a document a line\n/,
    ],
  ])("takes %s, and says what comes of it", async (_, args, counts, notices) => {
    const output = place(`out-${_.replaceAll(/\W/g, "-")}`);
    const { code, stdout, stderr } = await run(chat, ...args, "--output", output, "--json");
    expect(stderr).toMatch(notices);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(counts);
  });

  it("says in its lines what is cut and what is held out", async () => {
    const args = [
      "--data",
      longer,
      "--evaluation",
      talk,
      "--length",
      "40",
      "--longer",
      "cut",
      "--output",
      place("said"),
    ];
    const { stdout } = await run(chat, ...args, "--svg", place("said.svg"));
    expect(stdout).toMatch(/samples +3 of 40 tokens, from 3 documents, \d+ tokens learned; 2 cut,\s+0\s+left out/);
    expect(stdout).toMatch(/held out +2 of \d\d tokens at most, from 2 documents, \d+ tokens looked\s+at\n/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ["nothing", ["--data", file("nothing.txt", "")], /nothing\.txt must have a document, got nothing/],
    ["white space", ["--data", file("white.txt", " \n\n")], /white\.txt must have a document, got nothing/],
    ["no lines", ["--data", file("no.jsonl", "\n")], /no\.jsonl must have a document, got nothing/],
    [
      "a line without a token",
      ["--data", lines("empty.jsonl", { text: "a" }, { text: "" })],
      /empty\.jsonl: line 2 must have a token to learn behind its first, got nothing/,
    ],
    [
      "what nobody answers",
      ["--data", lines("asked.jsonl", { messages: [{ role: "user", content: "Hi" }] })],
      /asked\.jsonl: line 1 must have a token to learn behind its first, got nothing/,
    ],
    [
      "a line that is no JSON",
      ["--data", file("broken.jsonl", '{"text": "a"}\n\n{"text": "b\n')],
      /broken\.jsonl: line 3 must be JSON, got "\{\\"text\\": \\"b"/,
    ],
    [
      "a role that the template refuses",
      ["--data", wizard],
      /wizard\.jsonl: line 2: chatFormat: the messages must be as the chat template wants them, got roles wizard: no such role/,
    ],
    [
      "a longer document",
      ["--data", longer],
      /longer\.jsonl: line 2 must have at most 40 tokens, got \d+; 2 of 3 documents are longer/,
    ],
    ["a form that is not known", ["--data", file("a.csv", "a,b")], /file must end in \.txt or \.jsonl, got ".*a\.csv"/],
    [
      "a separator between lines",
      ["--data", talk, "--evaluation", longer, "--separator", "."],
      /--separator must be absent for .*talk\.jsonl and .*longer\.jsonl, which has a document a line/,
    ],
    [
      "what is longer in packs",
      ["--data", text, "--longer", "cut"],
      /--longer must be absent for .*long\.txt, whose documents are packed/,
    ],
    [
      "held-out data without a document",
      ["--data", text, "--evaluation", file("held.txt", "\n")],
      /held\.txt must have a document, got nothing/,
    ],
    [
      "looking at it never",
      ["--data", text, "--evaluation", text, "--evaluation-every", "0"],
      /--evaluation-every must be a positive integer, got 0/,
    ],
  ])("refuses %s", async (_, args, message) => {
    const { code, stdout, stderr } = await run(chat, ...args, "--length", "40", "--output", place("no"));
    expect(stderr).toMatch(message);
    expect({ code, stdout, lines: stderr.match(/\n/g)?.length }).toEqual({ code: 1, stdout: "", lines: 1 });
    expect(existsSync(place("no"))).toBe(false);
    expect(existsSync(`${place("no")}.training`)).toBe(false);
  });

  it("refuses messages for a model without a template", async () => {
    const { code, stderr } = await run("stories260K", "--data", talk, "--length", "40", "--output", place("no"));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /talk\.jsonl: line 1: stories260K must have a chat template to take messages, got none; use prompt and response\n$/,
    );
  });
});
