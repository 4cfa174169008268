/** What a run leaves: held to a text that was read, and to a cold run. */
import { selfExtend } from "@ropewalk/context-extension";
import { type LeftPrefix, type LanguageModel, type GenerateOptions, loadModel } from "../../src/index.ts";
import { openFolder } from "@ropewalk/models/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backends } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

let model: LanguageModel;
beforeAll(async () => {
  const extension = selfExtend({ groupSize: 4, window: 16 });
  model = await loadModel(await openFolder(stories260K.url), { backend: backends[0]!, extension });
});
afterAll(() => model.release());

const prompt = Array.from({ length: 60 }, (_, index) => 3 + ((index * 7) % 500));

const ran = async (ids: readonly number[], options: GenerateOptions) => {
  const left: LeftPrefix[] = [];
  const tokens: number[] = [];
  const run = { maxNewTokens: 10, ...options, onPrefix: (prefix: LeftPrefix) => left.push(prefix) };
  for await (const token of model.generateTokens(ids, run)) tokens.push(token);
  return { tokens, left };
};

describe("onPrefix", () => {
  it("gives all that was run, and later runs go on behind it as behind nothing", async () => {
    const { tokens, left } = await ran(prompt, {});
    expect(left.map(({ ids }) => ids)).toEqual([[...prompt, ...tokens]]);
    const cold = await ran([...prompt, ...tokens, 5, 6], {});
    const behind = await ran([5, 6], { after: left[0]! });
    const alone = await ran([], { after: left[0]! });
    expect(behind.tokens).toEqual(cold.tokens);
    expect(alone.tokens).toEqual((await ran([...prompt, ...tokens], {})).tokens);
    expect(behind.left[0]!.ids).toEqual([...prompt, ...tokens, 5, 6, ...cold.tokens]);
    for (const prefix of [...left, ...behind.left, ...alone.left, ...cold.left]) prefix.release();
  });

  it("has the stop token that ended the run", async () => {
    const { tokens } = await ran(prompt, {});
    const stop = tokens[4]!;
    const { left } = await ran(prompt, { stopTokens: [stop] });
    expect(left[0]!.ids).toEqual([...prompt, ...tokens.slice(0, tokens.indexOf(stop) + 1)]);
  });

  it("is not called for a run that was cut off, whose memory goes", async () => {
    const stop = new AbortController();
    const left: LeftPrefix[] = [];
    const options = { signal: stop.signal, onPrefix: (prefix: LeftPrefix) => left.push(prefix) };
    await expect(async () => {
      for await (const _ of model.generateTokens(prompt, options)) stop.abort(new Error("enough"));
    }).rejects.toThrow("enough");
    for await (const _ of model.generateTokens(prompt, { onPrefix: options.onPrefix })) break;
    expect(left).toEqual([]);
  });
});

describe("prefixBytes", () => {
  it("counts what is shared once", async () => {
    const long = Array.from({ length: 600 }, (_, index) => 3 + ((index * 11) % 500));
    const one = await model.read(long);
    const two = await one.extend([7, 8, 9]);
    const [alone, both] = [model.prefixBytes([one]), model.prefixBytes([one, two])];
    expect(alone).toBeGreaterThanOrEqual(one.bytes);
    expect(alone).toBeLessThan(1.01 * one.bytes);
    expect(both).toBeGreaterThan(alone);
    expect(both).toBeLessThan(one.bytes + two.bytes);
    expect(model.prefixBytes([])).toBe(0);
    one.release();
    two.release();
    expect(() => model.prefixBytes([7 as never])).toThrow(
      "prefixBytes: prefixes[0] must be a prefix, which read of the model gives, got 7",
    );
  });
});
