import { textCodec, type TextCodec } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { englishPasskey, passkeyIn, passkeyPrompt, type PasskeyLanguage } from "../src/index.ts";

const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, passkey875k.url), "utf8"));
const codec = textCodec({ tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") });
const task = passkeyIn(json("task.json") as PasskeyLanguage);
/** The same with names for several keys. */
const training = new URL("named-task.json", import.meta.url);
const language = JSON.parse(readFileSync(training, "utf8")) as PasskeyLanguage;

const vocabulary = Object.entries((json("tokenizer.json") as { model: { vocab: Record<string, number> } }).model.vocab);
const words = new Map(vocabulary.map(([word, id]) => [id, word]));
const textOf = (ids: readonly number[]): string => ids.map((id) => words.get(id)).join(" ");

describe("passkeyPrompt", () => {
  it("fills the length without going over it, leaving room for the key", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 900 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(10_000),
        (length, depth, seed) => {
          const { ids, keyTokens } = passkeyPrompt(task, codec, { length, depth, seed });
          expect(keyTokens).toBe(5);
          expect(ids.length + keyTokens).toBeLessThanOrEqual(length);
          // The longest filler sentence has 12 tokens: one more would not have fit.
          expect(ids.length + keyTokens).toBeGreaterThan(length - 13);
        },
      ),
    );
  });

  it("is written in the model's language: an opening, the key stated twice, a question", () => {
    const { ids, key } = passkeyPrompt(task, codec, { length: 120, depth: 0.5, seed: 3 });
    const text = textOf(ids);
    expect(text).toMatch(/^<s> /);
    expect(text).toContain(`the pass key is ${key} . remember it . ${key} is the pass key .`);
    expect(text).toMatch(/what is the pass key \? the pass key is$/);
    expect(ids).not.toContain(0);
  });

  it("puts the key where the depth says", () => {
    const at = (depth: number): number => {
      const { ids } = passkeyPrompt(task, codec, { length: 500, depth, seed: 5 });
      return textOf(ids).indexOf("remember") / textOf(ids).length;
    };
    expect(at(0)).toBeLessThan(0.05);
    expect(at(0.5)).toBeGreaterThan(0.4);
    expect(at(0.5)).toBeLessThan(0.6);
    expect(at(1)).toBeGreaterThan(0.9);
  });

  it("is the same for the same numbers, and another for another seed", () => {
    const place = { length: 200, depth: 0.3, seed: 8 };
    expect(passkeyPrompt(task, codec, place)).toEqual(passkeyPrompt(task, codec, place));
    expect(passkeyPrompt(task, codec, { ...place, seed: 9 }).key).not.toBe(passkeyPrompt(task, codec, place).key);
  });

  it("gives keys that have nothing to do with their seeds", () => {
    const keys = Array.from(
      { length: 400 },
      (_, seed) => passkeyPrompt(task, codec, { length: 60, depth: 0.5, seed }).key,
    );
    expect(new Set(keys).size).toBeGreaterThan(390);
    const firstDigits = new Set(keys.map((key) => key[0]));
    expect(firstDigits.size).toBe(10);
  });

  it("works in English, with any tokenizer", () => {
    const letters: TextCodec = {
      encode: (text) => [...text].map((char) => char.charCodeAt(0)),
      decode: (ids) => String.fromCharCode(...ids),
    };
    const { ids, key, keyTokens } = passkeyPrompt(englishPasskey, letters, { length: 2000, depth: 0.25, seed: 1 });
    const text = letters.decode(ids);
    expect(text).toContain(`The pass key is ${key}. Remember it. ${key} is the pass key.`);
    expect(text.endsWith("What is the pass key? The pass key is ")).toBe(true);
    expect(keyTokens).toBeGreaterThanOrEqual(5);
    expect(ids.length + keyTokens).toBeLessThanOrEqual(2000);
  });

  it("refuses a depth outside the text and a length that holds no key", () => {
    expect(() => passkeyPrompt(task, codec, { length: 100, depth: 1.5, seed: 1 })).toThrow(
      "depth must be from 0 to 1, got 1.5",
    );
    expect(() => passkeyPrompt(task, codec, { length: 20, depth: 0.5, seed: 1 })).toThrow(
      /length must be at least \d+, the key and the question, got 20/,
    );
  });
});

describe("passkeyPrompt with several keys", () => {
  const needle = /the pass key for ([a-z ]+?) is ((?:\d ){5})\. remember it \. \2is the pass key for \1 \./g;
  const keys = fc.integer({ min: 1, max: 12 });
  const places = fc.record({
    length: fc.integer({ min: 400, max: 900 }),
    depth: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(10_000),
  });

  it("states each for another name, and asks for one of them", () => {
    fc.assert(
      fc.property(keys, places, (count, place) => {
        const { ids, key, keyTokens } = passkeyPrompt(passkeyIn(language, { keys: count }), codec, place);
        const text = textOf(ids);
        const stated = new Map([...text.matchAll(needle)].map(([, name, digits]) => [name, digits!.trim()]));
        expect(stated.size).toBe(count);
        for (const name of stated.keys()) expect(language.named!.names).toContain(name);
        const asked = /what is the pass key for ([a-z ]+) \? the pass key for \1 is$/.exec(text);
        expect(stated.get(asked?.[1])).toBe(key);
        expect(keyTokens).toBe(5);
        expect(ids.length + keyTokens).toBeLessThanOrEqual(place.length);
        expect(ids.length + keyTokens).toBeGreaterThan(place.length - 13);
      }),
    );
  });

  it("puts the one that is asked for where the depth says, and the others anywhere", () => {
    const several = passkeyIn(language, { keys: 3 });
    const found = Array.from({ length: 40 }, (_, seed) => {
      const { ids, key } = passkeyPrompt(several, codec, { length: 900, depth: 0.1, seed });
      const text = textOf(ids);
      const at = [...text.matchAll(needle)].map(({ index, 2: digits }) => ({ digits, index }));
      return {
        own: at.find(({ digits }) => digits!.trim() === key)!.index / text.length,
        others: at.filter(({ digits }) => digits!.trim() !== key).map(({ index }) => index / text.length),
      };
    });
    for (const { own } of found) expect(own).toBeLessThan(0.35);
    const others = found.flatMap((prompt) => prompt.others);
    expect(Math.min(...others)).toBeLessThan(0.1);
    expect(Math.max(...others)).toBeGreaterThan(0.85);
  });

  it("refuses what the language has no names for", () => {
    const { named: _, ...nameless } = language;
    expect(() => passkeyIn(nameless, { keys: 2 })).toThrow(
      "passkeyIn: keys must be absent for a language without names for them, got 2",
    );
    for (const count of [0, 13, 1.5])
      expect(() => passkeyIn(language, { keys: count })).toThrow(
        `passkeyIn: keys must be an integer from 1 to 12, got ${count}`,
      );
    expect(() => passkeyPrompt(passkeyIn(language, { keys: 4 }), codec, { length: 60, depth: 0.5, seed: 1 })).toThrow(
      /length must be at least \d+, the keys and the question, got 60/,
    );
  });
});
