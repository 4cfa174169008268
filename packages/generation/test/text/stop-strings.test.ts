/** Where a text ends at a stop string: a loop over its characters beside what is streamed, whatever its pieces are. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forms } from "@ropewalk/testing/tokenizer-forms";
import { stories260K } from "@ropewalk/tiny-models";
import {
  textCodec,
  textStream,
  type GenerateOptions,
  type GenerationStats,
  type LanguageModel,
} from "../../src/index.ts";
import { cutAtStop } from "../../src/text/stop-strings.ts";
import { backends, load } from "../backends.ts";

/** Up to the first stop string that is complete; all of it where none is. */
const upToStop = (stops: readonly string[], text: string): { readonly text: string; readonly stop?: string } => {
  for (let end = 1; end <= text.length; end++) {
    const come = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length);
    if (come.length > 0) return { text: text.slice(0, end - come[0]!.length), stop: come[0]! };
  }
  return { text };
};

/** How much of a text that goes on may be given out. */
const safe = (stops: readonly string[], text: string): number => {
  for (let from = 0; from < text.length; from++)
    if (stops.some((stop) => stop.length > text.length - from && stop.startsWith(text.slice(from)))) return from;
  return text.length;
};

const letters = (most: number) =>
  fc.array(fc.constantFrom("a", "b", "c"), { maxLength: most }).map((all) => all.join(""));
const someStops = fc.array(
  letters(4).filter((stop) => stop !== ""),
  { minLength: 1, maxLength: 3 },
);

it("gives out all but what may be the beginning of a stop string, and nothing of one that came", () => {
  fc.assert(
    fc.property(someStops, fc.array(letters(3), { maxLength: 10 }), (stops, pieces) => {
      const expected = upToStop(stops, pieces.join(""));
      let [given, held, read] = ["", "", ""];
      for (const piece of pieces) {
        const cut = cutAtStop(stops, held, piece);
        read += piece;
        given += cut.text;
        ({ held } = cut);
        if (cut.stop !== undefined) {
          expect({ text: given, stop: cut.stop }).toEqual(expected);
          return;
        }
        expect(given).toBe(read.slice(0, safe(stops, read)));
      }
      expect({ text: given + held }).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

describe.each(Object.entries(forms))("%s", (_, { tokenizer, config }) => {
  const codec = textCodec({ tokenizer, config });
  const { vocab } = tokenizer["model"] as { readonly vocab: object };
  const ids: readonly number[] = Array.isArray(vocab) ? vocab.map((__, id) => id) : Object.values(vocab);

  it("streams any tokens up to a stop string out of the middle of their text", async () => {
    const whole = ids.filter((id) => !codec.decode([id]).includes("\uFFFD"));
    const encoded = codec.encode("it 'search' it don't . The caf\u00e9 \u4e2d\u6587 \u{1F600} !\n\n a");
    const cases = fc.record({
      tokens: fc.oneof(
        fc.array(fc.constantFrom(...whole), { minLength: 1, maxLength: 20 }),
        fc.nat(encoded.length - 1).map((at) => encoded.slice(at)),
      ),
      from: fc.nat(40),
      length: fc.integer({ min: 1, max: 6 }),
    });
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ tokens, from, length }) => {
        const text = codec.decode(tokens);
        const stop = text.slice(from % (text.length + 1)).slice(0, length);
        // Half a character, or bytes that are none, is no text that anyone asks for.
        if (/[\uD800-\uDFFF]/u.test(stop) || stop === "" || text.includes("\uFFFD")) return;
        checked += 1;
        let read = 0;
        const given = async function* () {
          for (const token of tokens) {
            read += 1;
            yield token;
          }
        };
        const stopped: string[] = [];
        let streamed = "";
        const options = { stopStrings: [stop], onStop: (each: string) => void stopped.push(each) };
        for await (const piece of textStream(codec, given(), options)) streamed += piece;
        // Where later tokens change earlier text, it ends at the first text that has the stop string.
        const texts = tokens.map((__, at) => codec.decode(tokens.slice(0, at + 1)));
        const ended = codec.decoding === "whole" ? texts.find((each) => each.includes(stop))! : text;
        expect(streamed).toBe(ended.slice(0, ended.indexOf(stop)));
        expect(stopped).toEqual([stop]);
        // Whoever gives the tokens ends them.
        expect(read).toBe(tokens.length);
      }),
      { numRuns: 120 },
    );
    expect(checked).toBeGreaterThan(20);
  });
});

describe("a run", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await load(backends[0]!, stories260K);
  });
  afterAll(() => model.release());

  const run = async (options: GenerateOptions) => {
    const pieces: string[] = [];
    const stats: GenerationStats[] = [];
    const tokens: number[] = [];
    const all = {
      maxNewTokens: 24,
      onDone: (each: GenerationStats) => void stats.push(each),
      onToken: ({ token }: { readonly token: number }) => void tokens.push(token),
    };
    for await (const piece of model.generate("Once upon a time", { ...all, ...options })) pieces.push(piece);
    return { pieces, text: pieces.join(""), stats: stats[0]!, tokens };
  };

  it("ends at a stop string across tokens and inside one, and says so", async () => {
    const whole = await run({});
    expect(whole.text).toContain("there was a little girl named Lily. She loved");
    for (const stop of ["little girl", "ily. Sh", ".", "ere was a li", " S"]) {
      const { text, stats, tokens } = await run({ stopStrings: ["never", stop] });
      expect(text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
      expect(stats.finish).toBe("stop");
      expect(stats.newTokens).toBe(tokens.length);
      // The token that completes it is the last that is run.
      expect(tokens).toEqual(whole.tokens.slice(0, tokens.length));
      expect(model.text!.decode(tokens)).toContain(stop);
      expect(model.text!.decode(tokens.slice(0, -1))).not.toContain(stop);
      expect((await run({ stopStrings: [stop], stepsPerRun: 7 })).text).toBe(text);
    }
  });

  it("gives what was held back where none comes", async () => {
    const whole = await run({});
    const end = whole.text.slice(-5);
    const { text, pieces, stats } = await run({ stopStrings: [`${end}zzz`] });
    expect(text).toBe(whole.text);
    expect(pieces.at(-1)!.endsWith(end)).toBe(true);
    expect(stats.finish).toBe("length");
  });

  it("takes a special token for a stop token, and refuses one inside a text", async () => {
    const [content, id] = [...model.text!.specialTokens!].at(-1)!;
    const bias = { kind: "greedy", logitBias: { [id]: 100 } } as const;
    const { text, stats } = await run({ stopStrings: [content], stopTokens: [], sampling: bias });
    expect([text, stats.finish, stats.newTokens]).toEqual(["", "stop", 0]);
    await expect(run({ stopStrings: [`${content}.`] })).rejects.toThrow(
      `generate: stopStrings must have no special token beside text, as ${content}, which has no text, got "${content}."`,
    );
  });

  it.each([
    ["a text", { stopStrings: "." }, 'generate: stopStrings must be a list of texts, got "."; ["."] is meant?'],
    ["ids", { stopStrings: [3] }, "generate: stopStrings must be a list of texts, got"],
    ["no text", { stopStrings: ["a", ""] }, "generate: stopStrings[1] must have a character at least"],
    ["stop", { stop: ["a"] }, "stopStrings, or stopTokens, is meant?"],
    ["log-probabilities for nobody", { logprobs: 2, onToken: undefined }, "generate: logprobs must come with onToken"],
    [
      "a stop token that is no id",
      { stopTokens: [-1] },
      "generate: stopTokens must be an array of token ids, got [-1]",
    ],
    [
      "a stop token beyond the vocabulary",
      { stopTokens: [2, 512] },
      "generate: stopTokens must be ids below 512, the vocabulary, got 512",
    ],
    ["none of them", { logprobs: -1 }, "generate: logprobs must be an integer >= 0, got -1"],
  ])("refuses %s", async (_, options, message) => {
    await expect(run(options as never)).rejects.toThrow(message);
  });

  it("refuses them for tokens", async () => {
    await expect(model.generateTokens("Once", { stopStrings: ["a"] } as never).next()).rejects.toThrow(
      "generateTokens: stopStrings must be absent, for a token is not cut inside",
    );
  });
});
