/** Files as people have them: what is learned of them, in which order, and what is wrong with them by its line. */
import { openModel, textCodec, type OpenedModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readData, type DataConfig, type Sample } from "../src/index.ts";

const plain = await openModel(await openFolder(stories260K.url));
const withTemplate = (chatTemplate: string): OpenedModel => ({
  ...plain,
  text: textCodec({ ...plain.source.tokenizer!, chatTemplate }),
});

const chatML = `{% for m in messages %}{{ '<' + m.role + '>' + m.content + '.\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}`;
/** As Llama 2's: turns must alternate, and the system's words stand in the user's first. */
const alternating = `{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{% if m.role == 'user' %}{{ bos_token + '[I] ' + m.content + ' [/I]' }}{% else %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}`;
const model = withTemplate(chatML);

const read = (lines: readonly unknown[] | string, config: Partial<DataConfig> = {}) =>
  readData(
    { model, file: "d.jsonl", seqLen: 200, ...config },
    typeof lines === "string" ? lines : lines.map((line) => JSON.stringify(line)).join("\n"),
  );

/** The text of the tokens that are learned. */
const learnedText = ({ ids, labels = ids }: Sample): string =>
  plain.text!.decode(ids.filter((_, at) => labels[at] !== -100)).trim();

const dialogue = [
  { role: "user", content: "Who is Lily?" },
  { role: "assistant", content: "A girl" },
  { role: "user", content: "And Tim?" },
  { role: "assistant", content: "A boy" },
];

describe("lines of JSON", () => {
  it("of text are learned whole", () => {
    const { samples, documents, learned } = read([{ text: "Lily ran home.", id: 7 }, { text: "Tim sat." }]);
    expect(documents).toBe(2);
    expect(samples[0]).toEqual({
      ids: plain.text!.encode("Lily ran home."),
      labels: plain.text!.encode("Lily ran home."),
    });
    expect(learned).toBe(samples.reduce((sum, { ids }) => sum + ids.length - 1, 0));
  });

  it("of a prompt and a response are learned from the response on, with the token that ends it", () => {
    const { samples } = read([{ prompt: "Who is Lily?", response: " A little girl." }]);
    const [{ ids, labels }] = samples as [Required<Sample>];
    expect(ids.slice(0, plain.text!.encode("Who is Lily?").length)).toEqual(plain.text!.encode("Who is Lily?"));
    expect(learnedText(samples[0]!)).toBe("A little girl.");
    expect([ids.at(-1), labels.at(-1)]).toEqual([2, 2]);
  });

  it("of messages are learned where the assistant speaks, in every turn, behind what the template writes before it", () => {
    const { samples } = read([{ messages: [{ role: "system", content: "Be brief" }, ...dialogue] }]);
    expect(learnedText(samples[0]!)).toBe("A girl.\nA boy.");
    // The prompt's tokens are those that the model goes on from.
    const prompt = model.text!.encodeChat!([{ role: "system", content: "Be brief" }, dialogue[0]!]);
    expect(samples[0]!.ids.slice(0, prompt.length)).toEqual(prompt);
    expect(samples[0]!.labels!.slice(0, prompt.length).every((label) => label === -100)).toBe(true);
    const llama = read([{ messages: dialogue }], { model: withTemplate(alternating) });
    expect(learnedText(llama.samples[0]!)).toBe("A girl  A boy");
  });

  it("of ShareGPT's conversations are the same as messages", () => {
    const from = { user: "human", assistant: "gpt" };
    const conversations = dialogue.map(({ role, content }) => ({ from: from[role as "user"], value: content }));
    expect(read([{ conversations }]).samples).toEqual(read([{ messages: dialogue }]).samples);
  });

  it("of any turns are learned in the assistant's alone", () => {
    const words = fc.array(fc.constantFrom("Lily", "Tim", "cat", "ran", "home"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(words, words), { minLength: 1, maxLength: 3 }), (turns) => {
        const messages = turns.flatMap(([question, answer]) => [
          { role: "user", content: question.join(" ") },
          { role: "assistant", content: answer.join(" ") },
        ]);
        const said = turns.map(([, answer]) => `${answer.join(" ")}.`).join("\n");
        expect(learnedText(read([{ messages }]).samples[0]!)).toBe(said);
      }),
      { numRuns: 30 },
    );
  });

  const good = { text: "Lily ran." };
  it.each<[string, readonly unknown[] | string, Partial<DataConfig>, RegExp]>([
    [
      "no JSON",
      `${JSON.stringify(good)}\n\n{"text": "Tim`,
      {},
      /^readData: d\.jsonl: line 3 must be JSON, got "\{\\"text\\": \\"Tim"$/,
    ],
    ["no JSON beyond what is taken", `${JSON.stringify(good)}\nTim`, { samples: 1 }, /line 2 must be JSON, got "Tim"$/],
    ["no object", [good, [good]], {}, /line 2 must be an object, got \[an object\]$/],
    [
      "no form",
      [{ prompt: "Who?", completion: "Me" }],
      {},
      /line 1 must have text, or prompt and response, or messages, or conversations, exactly one of them, got \["prompt", "completion"\]$/,
    ],
    ["two forms", [{ text: "a", messages: [] }], {}, /exactly one of them/],
    ["what is not read", [{ messages: dialogue, tools: [] }], {}, /line 1 must have no tools, which is not read/],
    ["a number as text", [{ text: 5 }], {}, /line 1: text must be text, got 5$/],
    ["an empty text", [good, { text: "" }], {}, /line 2 must have a token to learn behind its first, got nothing$/],
    [
      "an empty response",
      [{ prompt: "Who?", response: "" }],
      { model: { ...plain, source: { ...plain.source, stopTokens: [] } } },
      /line 1 must have a token to learn/,
    ],
    ["nobody who answers", [{ messages: [dialogue[0]!] }], {}, /line 1 must have a token to learn/],
    [
      "an answer to nothing",
      [{ messages: [dialogue[1]!] }],
      {},
      /line 1: messages\[0\]\.role must be another than assistant.*, got "assistant"$/,
    ],
    [
      "a message without content",
      [{ messages: [{ role: "user" }, dialogue[1]!] }],
      {},
      /line 1: chatFormat: messages\[0\]\.content must be text or a list of parts, got nothing$/,
    ],
    [
      "a turn that weighs",
      [{ messages: [dialogue[0]!, { ...dialogue[1]!, weight: 0 }] }],
      {},
      /messages\[1\] must have no weight, which is not read/,
    ],
    [
      "one of ShareGPT's that weighs",
      [{ conversations: [{ from: "human", value: "a", weight: 1 }] }],
      {},
      /line 1: conversations\[0\] must have no weight/,
    ],
    ["no messages", [{ messages: "Lily" }], {}, /line 1: chatFormat: messages must be a list, got "Lily"$/],
    [
      "a turn without a speaker",
      [{ conversations: [{ value: "a" }] }],
      {},
      /line 1: conversations\[0\]: from must be text, got nothing$/,
    ],
    [
      "a role that the template refuses",
      [{ messages: dialogue }, { messages: [{ role: "tool", content: "4" }, dialogue[1]!] }],
      { model: withTemplate(alternating) },
      /^readData: d\.jsonl: line 2: chatFormat: the messages must be as the chat template wants them, got roles tool, assistant: roles must alternate$/,
    ],
    [
      "no chat template",
      [{ messages: dialogue }],
      { model: plain },
      /line 1: .*stories260K\/? must have a chat template to take messages, got none; use prompt and response$/,
    ],
    ["a separator", [good], { separator: "--" }, /separator must be absent for a \.jsonl file/],
    ["nothing", "\n \n", {}, /^readData: d\.jsonl must have a document, got nothing$/],
    ["another end", [good], { file: "d.csv" }, /^readData: file must end in \.txt or \.jsonl, got "d\.csv"$/],
    ["longer that is none", [good], { longer: "drop" as "cut" }, /longer must be one of refuse, cut, leave-out/],
  ])("with %s are refused", (_, lines, config, message) => {
    expect(() => read(lines, config)).toThrow(message);
  });

  it("of which the template changes the beginning are refused", () => {
    const changing = `{{ messages|length }}${chatML}`;
    expect(() => read([{ messages: dialogue }], { model: withTemplate(changing) })).toThrow(
      /line 1: the chat template must write messages up to \[1\]/,
    );
  });
});

describe("documents that are too long", () => {
  const lines = [
    { prompt: "Who?", response: " Lily." },
    { prompt: "Who?", response: ` Lily${" and Tim".repeat(30)}.` },
    { prompt: "Who is there? ".repeat(30), response: " Tim." },
  ];
  const seqLen = 30;

  it("are refused with their line, and counted", () => {
    expect(() => read(lines, { seqLen })).toThrow(
      /^readData: d\.jsonl: line 2 must have at most 30 tokens, got \d+; 2 of 3 documents are longer/,
    );
  });

  it("are cut as asked, and left out where nothing is learned then", () => {
    const { samples, cut, leftOut, documents } = read(lines, { seqLen, longer: "cut" });
    expect({ documents, cut, leftOut }).toEqual({ documents: 3, cut: 1, leftOut: 1 });
    expect(samples.map(({ ids }) => ids.length <= seqLen)).toEqual([true, true]);
  });

  it("are left out as asked, and others come in their place", () => {
    const more = [...lines, { text: "Tim sat." }];
    const { samples, leftOut } = read(more, { seqLen, longer: "leave-out", samples: 2 });
    expect({ samples: samples.length, leftOut }).toEqual({ samples: 2, leftOut: 2 });
  });
});

describe("packed documents", () => {
  const stories = Array.from({ length: 9 }, (_, at) => `Tim had ${"a cat and ".repeat(at)}a dog.`);

  it("stand one behind another, each with its beginning, and none of a token is lost", () => {
    const all = stories.flatMap((story) => plain.text!.encode(story));
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 90 }), (seqLen) => {
        const text = stories.join("\n<end>\n");
        const { samples, documents, leftOut } = read(text, { file: "d.txt", seqLen, separator: "<end>" });
        expect(documents).toBe(9);
        const packed = samples.flatMap(({ ids }) => ids);
        expect(packed).toEqual(all.slice(0, packed.length));
        // A last token by itself is foretold by nothing.
        expect(all.length - packed.length).toBe(leftOut);
        expect(samples.slice(0, -1).every(({ ids }) => ids.length === seqLen)).toBe(true);
        // A beginning is foretold by no other document.
        for (const { ids, labels } of samples)
          for (const [at, id] of ids.entries()) expect(labels![at]).toBe(id === 1 ? -100 : id);
      }),
    );
  });

  it("keep what is learned of lines, and are no more than asked for", () => {
    const lines = stories.map((story) => ({ prompt: "Go on: ", response: story }));
    const { samples, documents } = read(lines, { arrange: "pack", seqLen: 40, samples: 2 });
    expect(samples).toHaveLength(2);
    expect(documents).toBeLessThan(9);
    expect(learnedText(samples[0]!)).not.toContain("Go on");
  });

  it("are one text where nothing separates them", () => {
    const { samples, documents, learned } = read("Tim sat. Lily ran.", { file: "a/d.TXT" });
    expect({ documents, samples: samples.length, learned }).toEqual({
      documents: 1,
      samples: 1,
      learned: samples[0]!.ids.length - 1,
    });
  });

  it.each<[string, string, Partial<DataConfig>, RegExp]>([
    ["empty", "", {}, /^readData: d\.txt must have a document, got nothing$/],
    ["of one token", " ", { separator: " " }, /must have a document, got nothing$/],
    [
      "without the separator",
      "Tim sat.",
      { separator: "--" },
      /^readData: d\.txt must have the separator in it, "--", got "8 characters without it"$/,
    ],
    ["cut", "Tim sat.", { longer: "cut" }, /longer must be absent where documents are packed/],
    [
      "without a tokenizer",
      "Tim sat.",
      { model: { ...plain, text: undefined } },
      /must have a tokenizer\.json to read text, got none$/,
    ],
  ])("that are %s are refused", (_, text, config, message) => {
    expect(() => read(text, { file: "d.txt", ...config })).toThrow(message);
  });
});
