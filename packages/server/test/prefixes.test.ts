/** Requests that share a beginning share what was read of it, and are answered as if they did not. */
import type { LanguageModel } from "@ropewalk/generation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHandler, type Handler, type HandlerConfig } from "../src/index.ts";
import { messageEnds } from "../src/prefixes/message-ends.ts";
import { asked, type Given } from "./asking.ts";
import { loadStories, said } from "./stories.ts";

let model: LanguageModel;
const open: Handler[] = [];
beforeAll(async () => {
  model = await loadStories();
});
afterAll(async () => {
  for (const handler of open) await handler.close();
  await model.release();
});

const start = (more: Partial<HandlerConfig> = {}): Handler => {
  const handler = createHandler({ models: { stories: model }, ...more });
  open.push(handler);
  return handler;
};

const story = "Once upon a time there was a little girl named Lily. She loved to play outside in the park. ".repeat(9);
const plain = { model: "stories", temperature: 0, max_tokens: 6 };
const cached = ({ usage }: Given): number => usage.prompt_tokens_details.cached_tokens;

const gaugeOf = async ({ fetch }: Handler, name: string): Promise<number> => {
  const text = await (await fetch(new Request("http://localhost/metrics"))).text();
  return Number(new RegExp(`^ropewalk_${name}\\{model="stories"\\} (\\d+)$`, "m").exec(text)![1]);
};

describe("a chat", () => {
  const about = (question: string): readonly { readonly role: string; readonly content: string }[] => [
    { role: "system", content: story },
    { role: "user", content: question },
  ];
  const ask = (handler: Handler, messages: object): Promise<Given> =>
    asked(handler, "/v1/chat/completions", { ...plain, messages });
  const contentOf = ({ choices }: Given): string => choices[0]!.message.content;

  it("finds the same document read, for another question", async () => {
    const handler = start();
    const [first, second] = [await ask(handler, about("Who is Lily?")), await ask(handler, about("Where was she?"))];
    expect(cached(first)).toBe(0);
    expect(cached(second)).toBeGreaterThan(0.9 * second.usage.prompt_tokens - 20);
    expect(contentOf(second)).toBe(await said(model, about("Where was she?"), { maxNewTokens: 6 }));
  });

  it("goes on where the last turn ended", async () => {
    const handler = start();
    const messages = [...about("Who is Lily?")];
    for (const question of ["And then?", "Why?", "Who else?"]) {
      const answer = await ask(handler, messages);
      expect(contentOf(answer)).toBe(await said(model, messages, { maxNewTokens: 6 }));
      messages.push({ role: "assistant", content: contentOf(answer) }, { role: "user", content: question });
    }
    const last = await ask(handler, messages);
    // All but the last question and where the assistant goes on.
    expect(last.usage.prompt_tokens - cached(last)).toBeLessThan(30);
    expect(contentOf(last)).toBe(await said(model, messages, { maxNewTokens: 6 }));
  });

  it("ends messages where the template ends them, and nowhere that it does not", () => {
    const text = model.text!;
    const messages = [...about("Who is Lily?"), { role: "assistant", content: "A girl." }];
    const ids = text.encodeChat!([...messages, { role: "user", content: "Why?" }]);
    const ends = messageEnds(text, [...messages, { role: "user", content: "Why?" }], ids);
    expect(ends).toEqual(
      [1, 2, 3, 4].map((count) => {
        const part = text.formatChat!([...messages, { role: "user", content: "Why?" }].slice(0, count), {
          generationPrompt: false,
        });
        return text.encode(part, { specialTokens: false }).length;
      }),
    );
  });
});

describe("a completion", () => {
  const ask = (handler: Handler, prompt: unknown, more: object = {}): Promise<Given> =>
    asked(handler, "/v1/completions", { ...plain, prompt, ...more });
  const ids = (last: number): readonly number[] => [
    ...Array.from({ length: 400 }, (_, index) => 3 + ((index * 7) % 500)),
    last,
  ];
  const textOf = ({ choices }: Given): string => choices[0]!.text;

  it("is learned: the third with a beginning finds it read", async () => {
    const handler = start();
    const answers = [await ask(handler, ids(5)), await ask(handler, ids(6)), await ask(handler, ids(7))];
    expect(answers.map(cached)).toEqual([0, 0, 399]);
    for (const [index, answer] of answers.entries())
      expect(textOf(answer)).toBe(await said(model, ids(5 + index), { maxNewTokens: 6 }));
  });

  it("that goes on where an answer ended finds all of it read", async () => {
    const handler = start();
    const prompt = "Once upon a time";
    const first = await ask(handler, prompt, { max_tokens: 20 });
    const longer = [...model.text!.encode(prompt + textOf(first)), 5];
    const next = await ask(handler, longer);
    expect(cached(next)).toBe(24);
    expect(textOf(next)).toBe(await said(model, longer, { maxNewTokens: 6 }));
  });

  it("reads its prompt once for several answers", async () => {
    const handler = start();
    const body = { n: 3, temperature: 0.9, seed: 3 };
    const { choices } = await ask(handler, story, body);
    for (const { index, text } of choices)
      expect(text).toBe(
        await said(model, story, {
          maxNewTokens: 6,
          sampling: { kind: "sample", temperature: 0.9, seed: 3 + index },
        }),
      );
    expect(await gaugeOf(handler, "prefixes")).toBe(2);
  });

  it("leaves no more bytes than it may, the least recently used first out", async () => {
    const probe = start();
    await ask(probe, ids(5));
    const one = await gaugeOf(probe, "prefix_bytes");
    expect(one).toBeGreaterThan(0);
    const limit = Math.ceil(2.5 * one);
    const handler = start({ cacheBytes: limit });
    const other = (from: number): readonly number[] => ids(from).map((id) => 3 + ((id * from) % 500));
    for (const from of [11, 13, 17, 19]) {
      await ask(handler, other(from), { max_tokens: 1 });
      expect(await gaugeOf(handler, "prefix_bytes")).toBeLessThanOrEqual(limit);
    }
    expect(await gaugeOf(handler, "prefixes")).toBe(2);
    const goingOn = async (from: number): Promise<number> => {
      const { value } = await model.generateTokens(other(from), { maxNewTokens: 1 }).next();
      return cached(await ask(handler, [...other(from), value as number, 4], { max_tokens: 1 }));
    };
    expect(await goingOn(17)).toBe(401);
    // The first is gone; that it is asked for again lets go of the one that was used before the others.
    expect(await goingOn(11)).toBe(0);
  });

  it("keeps nothing where nothing may be kept", async () => {
    const handler = start({ cacheBytes: 0 });
    const body = { max_tokens: 3, n: 2 };
    const answers = [await ask(handler, story, body), await ask(handler, story, body)];
    expect(answers.map(cached)).toEqual([0, 0]);
    expect(await gaugeOf(handler, "prefixes")).toBe(0);
  });

  it("lets go of all when it is closed", async () => {
    const held: number[] = [];
    const counted: LanguageModel = {
      ...model,
      read: async (...given) => {
        const prefix = await model.read(...given);
        held.push(1);
        const release = (): void => {
          prefix.release();
          held.pop();
        };
        return { ...prefix, release };
      },
    };
    const handler = start({ models: { stories: counted } });
    for (const last of [5, 6, 7]) await ask(handler, ids(last));
    expect(held).toEqual([1]);
    await handler.close();
    expect(held).toEqual([]);
  });
});
