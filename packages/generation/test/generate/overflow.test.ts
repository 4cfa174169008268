/** Runs that do not fit: what each policy runs instead, and what a policy may not do. */
import { compose, leakyReRope, logN, reRope, selfExtend, withPositions } from "@ropewalk/context-extension";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isContextLengthExceeded,
  keepEnds,
  regroup,
  type Chat,
  type GenerationStats,
  type LanguageModel,
  type Overflowing,
  type TokenOptions,
} from "../../src/index.ts";
import { backends, load } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

const ids = Array.from({ length: 700 }, (_, index) => 3 + ((index * 37) % 500));
let model: LanguageModel;
beforeAll(async () => {
  model = await load(backends[0]!, stories260K);
});
afterAll(() => model.release());

const run = async (of: LanguageModel, prompt: readonly number[], options: TokenOptions) => {
  const [tokens, stats]: [number[], GenerationStats[]] = [[], []];
  const onDone = (each: GenerationStats): void => void stats.push(each);
  for await (const token of of.generateTokens(prompt, { stopTokens: [], onDone, ...options })) tokens.push(token);
  return { tokens, stats: stats[0]! };
};

const failure = async (act: () => Promise<unknown>): Promise<Error> => {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it went well");
};

describe("keepEnds", () => {
  it("runs the beginning and the newest, as many as fit", async () => {
    const { tokens, stats } = await run(model, ids, { maxNewTokens: 12, beyondCapacity: keepEnds({ first: 4 }) });
    expect(stats.promptTokens).toBe(500);
    const kept = [...ids.slice(0, 4), ...ids.slice(-496)];
    expect(tokens).toEqual((await run(model, kept, { maxNewTokens: 12 })).tokens);
    const newest = await run(model, ids, { maxNewTokens: 12, beyondCapacity: keepEnds({ first: 0 }) });
    expect(newest.tokens).toEqual((await run(model, ids.slice(-500), { maxNewTokens: 12 })).tokens);
  });

  it("changes nothing where the run fits, and keeps room for the usual new tokens where none are asked for", async () => {
    const beyondCapacity = keepEnds({ first: 4 });
    expect(await run(model, ids.slice(0, 9), { maxNewTokens: 5, beyondCapacity })).toMatchObject({
      tokens: (await run(model, ids.slice(0, 9), { maxNewTokens: 5 })).tokens,
      stats: { promptTokens: 9 },
    });
    expect((await run(model, ids, { beyondCapacity })).stats).toMatchObject({ promptTokens: 384, newTokens: 128 });
  });

  it("refuses a beginning that leaves no room, and new tokens that fill it all", async () => {
    expect(
      (await failure(() => run(model, ids, { maxNewTokens: 12, beyondCapacity: keepEnds({ first: 500 }) }))).message,
    ).toBe(
      "generate: beyondCapacity.first must be below 500, what fits of a prompt beside 12 new tokens in 512, got 500",
    );
    const full = await failure(() => run(model, ids, { maxNewTokens: 512, beyondCapacity: keepEnds({ first: 0 }) }));
    expect(full.message).toBe("generate: maxNewTokens must be below 512, the capacity of plain, got 512");
    expect(full).toMatchObject({ code: "context_length_exceeded", capacity: 512, length: 1212 });
    expect(() => keepEnds({ first: -1 })).toThrow("keepEnds: first must be an integer >= 0, got -1");
    expect(() => keepEnds({} as never)).toThrow(/^keepEnds: first must be a number, got nothing/);
    expect(() => keepEnds({ first: 3, last: 3 } as never)).toThrow(
      /^keepEnds: overflow must have no keys but .+, got "last"/,
    );
  });
});

describe("a policy of one's own", () => {
  it("is asked once, with what there is and what fits", async () => {
    const asked: Overflowing[] = [];
    const policy = (each: Overflowing): readonly number[] => {
      asked.push(each);
      return each.ids.filter((_, at) => at % 2 === 0);
    };
    const { tokens, stats } = await run(model, ids, { maxNewTokens: 10, beyondCapacity: policy });
    expect(asked).toEqual([{ ids, capacity: 512, newTokens: 10 }]);
    expect(stats.promptTokens).toBe(350);
    expect(tokens).toEqual(
      (
        await run(
          model,
          ids.filter((_, at) => at % 2 === 0),
          { maxNewTokens: 10 },
        )
      ).tokens,
    );
    await run(model, ids.slice(0, 20), { maxNewTokens: 10, beyondCapacity: policy });
    expect(asked).toHaveLength(1);
  });

  it("gives ids that fit and were there, in their order, or a RangeError says which are not", async () => {
    const given = (list: unknown) => () =>
      run(model, ids, { maxNewTokens: 10, beyondCapacity: () => list as number[] });
    const long = await failure(given(ids.slice(0, 503)));
    expect(long.message).toBe(
      "generate: beyondCapacity must give at most 502 ids, what fits beside 10 new tokens in 512, got 503",
    );
    expect(isContextLengthExceeded(long) && [long.capacity, long.length]).toEqual([512, 513]);
    for (const [list, at] of [
      [[...ids.slice(0, 3), 2], 3],
      // They come again, once.
      [ids.slice(0, 5).toReversed(), 2],
      [[-1], 0],
      [[ids[0], Number.NaN], 1],
      [[String(ids[0])], 0],
    ] as const) {
      const foreign = await failure(given(list));
      expect(foreign).toBeInstanceOf(RangeError);
      expect(foreign.message).toContain(
        `generate: beyondCapacity must give ids of those that it was given, in their order, and at index ${at} one that was there, got`,
      );
    }
    expect((await failure(given([]))).message).toBe("generate: beyondCapacity must give at least 1 id, got 0");
    expect(await failure(given(Promise.resolve(ids)))).toBeInstanceOf(TypeError);
    expect(await failure(given(undefined))).toBeInstanceOf(TypeError);
    const own = new Error("mine");
    expect(
      await failure(() =>
        run(model, ids, {
          beyondCapacity: () => {
            throw own;
          },
        }),
      ),
    ).toBe(own);
  });
});

describe("regroup", () => {
  it("runs all of it under the smallest group size that holds it, with all else as it was", async () => {
    const extension = compose(selfExtend({ groupSize: 2, window: 128 }), logN({ trainedContext: 512 }));
    const short = await model.withExtension(extension);
    const long = await model.withExtension(
      compose(selfExtend({ groupSize: 3, window: 128 }), logN({ trainedContext: 512 })),
    );
    const prompt = Array.from({ length: 1000 }, (_, index) => ids[index % 700]!);
    expect([short.extended.capacity, long.extended.capacity]).toEqual([896, 1278]);
    const { tokens, stats } = await run(short, prompt, { maxNewTokens: 8, beyondCapacity: regroup() });
    expect(stats.promptTokens).toBe(1000);
    expect(tokens).toEqual((await run(long, prompt, { maxNewTokens: 8 })).tokens);
    expect(tokens).not.toEqual((await run(short, prompt, { maxNewTokens: 8, beyondCapacity: "allow" })).tokens);
  });

  it("reads anew what was read under other positions, and says so", async () => {
    const short = await model.withExtension(selfExtend({ groupSize: 2, window: 128 }));
    const after = await short.read(ids);
    const more = ids.slice(0, 250);
    const { tokens, stats } = await run(short, more, { after, maxNewTokens: 8, beyondCapacity: regroup() });
    expect(stats).toMatchObject({ promptTokens: 950, cachedTokens: 0 });
    const long = await model.withExtension(selfExtend({ groupSize: 3, window: 128 }));
    expect(tokens).toEqual((await run(long, [...ids, ...more], { maxNewTokens: 8 })).tokens);
    after.release();
  });

  it.each([
    ["plain", {}, "plain"],
    ["a window of exact positions that is too long", leakyReRope({ factor: 2, window: 511 }), "LeakyReRoPE"],
    ["positions that are shifted", withPositions({ kind: "string", shiftFrom: 170, window: 128 }), "STRING"],
  ])("is refused where no number holds it: %s", async (_, extension, name) => {
    const other = await model.withExtension(extension);
    const long = Array.from({ length: 1200 }, () => 5);
    const error = await failure(() => run(other, long, { maxNewTokens: 8, beyondCapacity: regroup() }));
    expect(error.message).toContain(
      `generate: beyondCapacity of kind regroup must have positions that hold more under a larger number, got those of ${name}`,
    );
    expect(isContextLengthExceeded(error) && error.length).toBe(1208);
  });

  it("takes what grows in the place of a group size", async () => {
    const leaky = await model.withExtension(leakyReRope({ factor: 1.5, window: 128 }));
    const longer = await model.withExtension(leakyReRope({ factor: 2, window: 128 }));
    const { tokens } = await run(leaky, ids, { maxNewTokens: 8, beyondCapacity: regroup() });
    expect(tokens).toEqual((await run(longer, ids, { maxNewTokens: 8 })).tokens);
  });
});

describe("behind a prefix", () => {
  it("uses it where a policy leaves all of it, and runs the ids that are left where it does not", async () => {
    const after = await model.read(ids.slice(0, 300));
    const more = ids.slice(300);
    const kept = await run(model, more, {
      after,
      maxNewTokens: 10,
      beyondCapacity: ({ ids: all }) => [...all.slice(0, 300), ...all.slice(-100)],
    });
    expect(kept.stats).toMatchObject({ promptTokens: 400, cachedTokens: 299 });
    const expected = [...ids.slice(0, 300), ...ids.slice(-100)];
    expect(kept.tokens).toEqual((await run(model, expected, { maxNewTokens: 10 })).tokens);
    const left: unknown[] = [];
    const onPrefix = (prefix: unknown): void => void left.push(prefix);
    const cut = await run(model, more, { after, onPrefix, maxNewTokens: 10, beyondCapacity: keepEnds({ first: 4 }) });
    expect(left).toEqual([]);
    expect(cut.stats).toMatchObject({ promptTokens: 502, cachedTokens: 0 });
    expect(cut.tokens).toEqual(
      (await run(model, [...ids.slice(0, 4), ...ids.slice(-498)], { maxNewTokens: 10 })).tokens,
    );
    after.release();
  });
});

it.each([
  [{ kind: "keep-ends" }, "generate: first must be a number, got nothing"],
  [{ kind: "keep-ends", first: 2, last: 3 }, "beyondCapacity must have no keys but kind, first"],
  [{ kind: "shift" }, "beyondCapacity.kind must be one of keep-ends, regroup"],
  ["keep-ends", 'beyondCapacity must be "refuse", "allow", keepEnds({ first }), regroup() or a function, got'],
])("refuses %j", async (beyondCapacity, message) => {
  expect((await failure(() => run(model, ids, { beyondCapacity } as never))).message).toContain(message);
});

it("methods that hold any length never ask", async () => {
  const any = await model.withExtension(reRope({ window: 256 }));
  const asked: unknown[] = [];
  await run(any, ids, { maxNewTokens: 3, beyondCapacity: (each) => (asked.push(each), each.ids) });
  expect(asked).toEqual([]);
});

it("goes with guesses, whose draft must hold what is run", async () => {
  const beyondCapacity = keepEnds({ first: 4 });
  const expected = (await run(model, ids, { maxNewTokens: 20, beyondCapacity })).tokens;
  const options = { maxNewTokens: 20, beyondCapacity, lookup: { match: 2, draft: 4 } };
  expect((await run(model, ids, options)).tokens).toEqual(expected);
});

it("a mask may wait, and goes with guesses", async () => {
  const even = (logits: Float32Array): void => {
    for (let token = 1; token < logits.length; token += 2) logits[token] = -Infinity;
  };
  const prompt = ids.slice(0, 60);
  const expected = (await run(model, prompt, { maxNewTokens: 20, mask: even })).tokens;
  const mask = async (logits: Float32Array): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    even(logits);
  };
  expect((await run(model, prompt, { maxNewTokens: 20, mask })).tokens).toEqual(expected);
  const lookup = { match: 1, draft: 4 };
  expect((await run(model, prompt, { maxNewTokens: 20, mask, lookup })).tokens).toEqual(expected);
});

describe("a chat", () => {
  const template = "{{ bos_token }}{% for m in messages %}{{ m.content }} {% endfor %}";
  const sent = async (chat: Chat, beyondCapacity: NonNullable<TokenOptions["beyondCapacity"]>) => {
    const stats: GenerationStats[] = [];
    const options = {
      maxNewTokens: 10,
      stopTokens: [],
      beyondCapacity,
      onDone: (each: GenerationStats) => void stats.push(each),
    };
    let text = "";
    for await (const piece of chat.send("Then Lily and her dog went to the park to play.", options)) text += piece;
    return { text, stats: stats[0]! };
  };

  it.each([
    ["keepEnds", keepEnds({ first: 5 })],
    ["regroup", regroup()],
  ])("says what a cold run under the policy says, over and over, and goes on: %s", async (_, beyondCapacity) => {
    const short = await model.withExtension(selfExtend({ groupSize: 2, window: 448 }));
    expect(short.extended.capacity).toBe(576);
    const chat = short.chat({ template, system: "Once upon a time ".repeat(124) });
    let over = 0;
    for (let turn = 0; turn < 4; turn++) {
      const { text, stats } = await sent(chat, beyondCapacity);
      // The prompt of the turn: what was said, without the answer.
      const prompt = chat.ids.slice(0, chat.ids.length - 10);
      if (prompt.length + 10 > 576) over += 1;
      const expected = await run(short, prompt, { maxNewTokens: 10, beyondCapacity });
      expect(model.text!.decode([...prompt.slice(-1), ...expected.tokens])).toContain(text.trim());
      expect(stats.promptTokens).toBe(expected.stats.promptTokens);
      expect(chat.ids.slice(-10)).toEqual(expected.tokens);
    }
    expect(over).toBeGreaterThan(1);
    expect(over).toBeLessThan(4);
    chat.release();
  });
});
