/** Conversations through the checkpoint's own template. */
import { inMemory } from "@ropewalk/models";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chatFormat, loadModel, openModel, type ChatMessage } from "../../src/index.ts";
import { backends } from "../backends.ts";

const messages: readonly ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Who is Lily?" },
];

const template =
  "{{ bos_token }}{% for message in messages %}{% if message.role not in ['system', 'user', 'assistant'] %}" +
  "{{ raise_exception('no such role: ' + message.role) }}{% endif %}<|{{ message.role }}|>\n{{ message.content }}{{ eos_token }}\n" +
  "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}";

const expected = "<s><|system|>\nBe brief.</s>\n<|user|>\nWho is Lily?</s>\n<|assistant|>\n";

describe("chatFormat", () => {
  it("renders messages, special tokens and the beginning of the answer", () => {
    expect(chatFormat(template, { bos_token: "<s>", eos_token: { content: "</s>" } })(messages)).toBe(expected);
  });

  it("says what the template said when it refuses the messages", () => {
    expect(() => chatFormat(template, {})([{ role: "wizard", content: "" }])).toThrow(
      "chatFormat: the messages must be as the chat template wants them, got roles wizard: no such role: wizard",
    );
  });

  it.each([
    ["{% for %}", "Unexpected token: CloseStatement"],
    ["{{ a", "Unexpected end of input"],
    ["{{", "it ends inside a statement"],
    ["{% if x %}a", "it ends inside a statement"],
    ["{% set x %}", "it ends inside a statement"],
  ])("refuses a template that is none: %s", (broken, why) => {
    expect(() => chatFormat(broken, {})).toThrow(
      `chatFormat: the chat template must be Jinja, got "${broken}": ${why}`,
    );
  });
});

describe("what a template says is what Python makes of it", () => {
  const written = (body: string, content = ""): string =>
    chatFormat(body, { bos_token: "<s>" })([{ role: "user", content }]);

  it.each([
    // Qwen's templates for models that think.
    ["{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}", "<think>a</think>\n\n b ", " b "],
    ["{{ messages[0].content.rstrip('\\n') }}|{{ messages[0].content.strip('xy') }}", "xya x\n", "xya x|a x\n"],
    ["{{ messages[0].content.strip() }}|{{ 'xx'.strip('x') }}|{{ ' x'.lstrip('x').upper() }}", " a ", "a|| X"],
  ])("%s", (body, content, text) => {
    expect(written(body, content)).toBe(text);
  });
});

describe("what Python refuses, or would write otherwise, is refused", () => {
  it.each([
    ["{{ 'a' + {'k': 1} }}", "what + joins must be two texts, got a text and an object"],
    ["{{ 1 + 'a' }}", "what + joins must be two texts, got a number and a text"],
    ["{{ messages[0].content + none }}", "what + joins must be two texts, got a text and nothing"],
    ["{{ 'a' + absent }}", "what + joins must be two texts, got a text and nothing"],
    ["{{ 'a' ~ {} }}", "what ~ joins must be no objects, which tojson makes texts of, got a text and an object"],
  ])("%s", (body, message) => {
    const format = chatFormat(body, {});
    expect(() => format([{ role: "user", content: "" }])).toThrow(
      new RangeError(`chatFormat: the messages must be as the chat template wants them, got roles user: ${message}`),
    );
  });

  it("what it takes stays: sums, lists, texts beside numbers", () => {
    const format = chatFormat(
      "{{ 1 + 2 }}{{ ([1] + [2])|length }}{{ 'a' + 'b' }}{{ 'a' ~ 1 }}{{ 'a' ~ {'k': 1}|tojson }}",
      {},
    );
    expect(format([{ role: "user", content: "" }])).toBe('32aba1a{"k": 1}');
  });
});

describe("messages", () => {
  const contents = chatFormat("{% for m in messages %}[{{ m.content }}]{% endfor %}", {});
  const format = (...given: readonly unknown[]): string => contents(given as readonly ChatMessage[]);
  const said = (content: unknown): unknown => ({ role: "user", content });

  it("may have their text in parts, which are joined", () => {
    const parts = [
      { type: "text", text: "Who is " },
      { type: "text", text: "Lily?" },
    ];
    expect(format(said(parts), said("a"))).toBe("[Who is Lily?][a]");
    expect(format(said([]))).toBe("[]");
    expect(
      chatFormat(template, { bos_token: "<s>", eos_token: "</s>" })([
        messages[0]!,
        { role: "user", content: [{ type: "text", text: "Who is Lily?" }] },
      ]),
    ).toBe(expected);
  });

  it.each([
    [
      said([{ type: "image_url", image_url: {} }]),
      'RangeError: chatFormat: messages[0].content[0].type must be text, of which this model makes tokens, got "image_url"',
    ],
    [said([{ type: "text" }]), "TypeError: chatFormat: messages[0].content[0].text must be text, got nothing"],
    [said(["Who"]), 'TypeError: chatFormat: messages[0].content[0] must be { type: "text", text }, got "Who"'],
    [said(undefined), "TypeError: chatFormat: messages[0].content must be text or a list of parts, got nothing"],
    [said(7), "TypeError: chatFormat: messages[0].content must be text or a list of parts, got 7"],
    [{ content: "a" }, "TypeError: chatFormat: messages[0].role must be text, got nothing"],
    ["a", 'TypeError: chatFormat: messages[0] must be an object with a role and content, got "a"'],
  ])("are text alone: %j", (message, error) => {
    const caught = (() => {
      try {
        return format(message);
      } catch (thrown) {
        return String(thrown);
      }
    })();
    expect(caught).toBe(error);
  });

  it("are at least one", () => {
    expect(() => format()).toThrow(new RangeError("chatFormat: messages must have at least 1 message, got 0"));
    expect(() => contents("a" as never)).toThrow(new TypeError('chatFormat: messages must be a list, got "a"'));
  });

  it("may lack what a template loops over, and may call tools and say nothing", () => {
    const tools = chatFormat(
      "{% for m in messages %}{{ m.content }}{% for call in m.tool_calls %}<{{ call.name }}>{% else %}.{% endfor %}{% for c in m.more if c.x %}{% endfor %}{% endfor %}{% if tools is not none %}T{% endif %}",
      {},
    );
    const call = { role: "assistant", content: null, tool_calls: [{ name: "look" }] } as unknown as ChatMessage;
    expect(tools([messages[1]!, call])).toBe("Who is Lily?.<look>");
  });
});

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, stories260K.url)));
const config = JSON.parse(new TextDecoder().decode(read("tokenizer_config.json"))) as object;
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const folderWith = (files: Readonly<Record<string, Uint8Array>>) =>
  inMemory("stories", {
    ...Object.fromEntries(["config.json", "model.safetensors", "tokenizer.json"].map((name) => [name, read(name)])),
    "tokenizer_config.json": bytes(config),
    ...files,
  });

describe("a checkpoint's chat template", () => {
  it.each([
    ["chat_template.jinja", { "chat_template.jinja": bytes(template) }],
    ["tokenizer_config.json", { "tokenizer_config.json": bytes({ ...config, chat_template: template }) }],
    [
      "tokenizer_config.json, the default of several",
      {
        "tokenizer_config.json": bytes({
          ...config,
          chat_template: [
            { name: "tools", template: "x" },
            { name: "default", template },
          ],
        }),
      },
    ],
  ] as const)("is read from %s", async (_, files) => {
    const { text } = await openModel(folderWith(files));
    const plain = text!.encode(expected.slice("<s>".length));
    // One bos, not two, and the same tokens as the text has.
    expect(text!.encodeChat!(messages)).toEqual(plain);
  });

  it("makes the prompt of a conversation", async () => {
    const [backend] = backends;
    const model = await loadModel(folderWith({ "chat_template.jinja": bytes(template) }), { backend: backend! });
    const answer: string[] = [];
    for await (const piece of model.generate(messages, { maxNewTokens: 5 })) answer.push(piece);
    const same: string[] = [];
    for await (const piece of model.generate(model.text!.encodeChat!(messages), { maxNewTokens: 5 })) same.push(piece);
    expect(answer.join("")).toBe(same.join(""));
    expect(answer.join("")).not.toBe("");
    await model.release();
  });

  it("is asked for by name where there is none, and must be text", async () => {
    const [backend] = backends;
    const model = await loadModel(folderWith({}), { backend: backend! });
    expect(() => model.generateTokens(messages)).toThrow(
      "generate: stories must have a chat template to take messages, got none; use text",
    );
    await model.release();
    await expect(
      openModel(folderWith({ "tokenizer_config.json": bytes({ ...config, chat_template: 7 }) })),
    ).rejects.toThrow("readModelTexts: tokenizer_config.json: chat_template must be text, got 7");
  });
});
