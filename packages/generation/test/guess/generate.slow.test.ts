/** `generate` with guesses, by lookup and by a draft: the tokens of a run without, and errors that say what does not go together. */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { passkeyGolden } from "@ropewalk/testing/goldens/tiny-models";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { loadModel, type GenerateOptions, type LanguageModel } from "../../src/index.ts";
import { load } from "../backends.ts";
import { drawn, greedy, penalised, take } from "./cases.ts";

const backend = cpu({ threads: 1 });
let stories: LanguageModel;
let extended: LanguageModel;
beforeAll(async () => {
  stories = await load(backend, stories260K);
  extended = await stories.withExtension(selfExtend({ groupSize: 4, window: 40 }));
});
afterAll(() => stories.release());

/** A text that says everything twice: what follows is likely to be there already. */
const repeated = (model: LanguageModel): readonly number[] => {
  const text = "Lily had a red ball. She loved to play with her red ball in the park. ";
  return model.text!.encode(text + text);
};

describe("by lookup", () => {
  it("the tokens of a run without, and in fewer runs", async () => {
    const options = { sampling: greedy, maxNewTokens: 150 };
    const plain = await take(extended, repeated(extended), { ...options, stepsPerRun: 1 });
    for (const lookup of [{}, { match: 2 }, { match: 1, draft: 3 }, { match: 5, draft: 30 }]) {
      const { tokens, stats } = await take(extended, repeated(extended), { ...options, lookup });
      expect(tokens).toEqual(plain.tokens);
      const { runs, guessed, right } = stats!.guesses!;
      expect(right).toBeGreaterThan(0);
      expect(guessed).toBeGreaterThanOrEqual(right);
      expect(runs + right).toBe(149);
    }
    expect(plain.stats!.guesses).toBeUndefined();
  });

  it.each([drawn, penalised])("the tokens of a run without where they are picked by %j", async (sampling) => {
    const options = { sampling, maxNewTokens: 150 };
    const plain = await take(extended, repeated(extended), options);
    for (const guesses of [{ lookup: { match: 1 } }, { draft: { model: extended } }]) {
      const { tokens, stats } = await take(extended, repeated(extended), { ...options, ...guesses });
      expect(tokens).toEqual(plain.tokens);
      expect(stats!.guesses!.guessed).toBeGreaterThan(0);
      if (guesses.draft !== undefined) expect(stats!.guesses!.right).toBeGreaterThan(0);
    }
  });

  it("ends before a stop token, and with as many tokens as are asked", async () => {
    const prompt = repeated(stories);
    const { tokens } = await take(stories, prompt, { maxNewTokens: 60 });
    for (const at of [0, 1, 5, 17, 40]) {
      const stopTokens = [511, tokens[at]!];
      const stopped = await take(stories, prompt, { maxNewTokens: 60, stopTokens, lookup: { match: 1 } });
      expect(stopped.tokens).toEqual(tokens.slice(0, tokens.indexOf(tokens[at]!)));
    }
    for (const maxNewTokens of [1, 2, 3, 9, 20]) {
      const cut = await take(stories, prompt, { maxNewTokens, lookup: { match: 1, draft: 20 } });
      expect(cut.tokens).toEqual(tokens.slice(0, maxNewTokens));
    }
  });

  it("copies a hidden key out of a long text in one run", async () => {
    const { method, inputIds, answerIds } = passkeyGolden.find((golden) => golden.method.groupSize !== null)!;
    const { groupSize, window, logNContext } = method;
    const extension = selfExtend({ groupSize: groupSize!, window: window! });
    const passkey = await load(backend, passkey875k);
    const model = await passkey.withExtension(
      logNContext === null ? extension : compose(extension, logN({ trainedContext: logNContext })),
    );
    const { tokens, stats } = await take(model, inputIds, { maxNewTokens: 5, lookup: {} });
    expect(tokens).toEqual(answerIds);
    expect(stats!.guesses).toEqual({ runs: 1, guessed: 3, right: 3 });
    await passkey.release();
  });

  it("an export gives the tokens that it gives without", async () => {
    const extension = selfExtend({ groupSize: 4, window: 16 });
    const model = await loadModel(exportPath("genai-cpu-llama"), { backend, extension, model: "model.onnx" });
    const prompt = Array.from({ length: 40 }, (_, index) => 3 + (index % 7));
    for (const sampling of [greedy, drawn]) {
      const plain = await take(model, prompt, { sampling, maxNewTokens: 80 });
      const { tokens } = await take(model, prompt, { sampling, maxNewTokens: 80, lookup: { match: 1 } });
      expect(tokens).toEqual(plain.tokens);
    }
    await model.release();
  });
});

describe("by a draft", () => {
  it("the tokens of a run without, greedy and drawn, on a draft that agrees or does not", async () => {
    for (const sampling of [greedy, drawn]) {
      const options = { sampling, maxNewTokens: 100 };
      const { tokens } = await take(extended, repeated(extended), options);
      for (const draft of [{ model: extended }, { model: stories, tokens: 7 }]) {
        const found = await take(extended, repeated(extended), { ...options, draft });
        expect(found.tokens).toEqual(tokens);
        expect(found.stats!.guesses!.right).toBeGreaterThan(0);
      }
    }
  });

  it("one that is the model itself is always right", async () => {
    const { stats } = await take(extended, repeated(extended), {
      maxNewTokens: 101,
      draft: { model: extended, tokens: 4 },
    });
    expect(stats!.guesses).toEqual({ runs: 20, guessed: 80, right: 80 });
  });

  it("gives its cache back", async () => {
    let held = 0;
    const counted = {
      ...backend,
      allocate: ((...asked) => {
        const buffer = backend.allocate(...asked);
        held += 1;
        return { ...buffer, release: () => void ((held -= 1), buffer.release()) };
      }) as typeof backend.allocate,
    };
    const stop = new AbortController();
    for await (const _ of stories.generateTokens([1], {
      draft: { model: { ...stories, backend: counted } },
      maxNewTokens: 9,
    }))
      expect(held).toBeGreaterThan(0);
    expect(held).toBe(0);
    const options = { draft: { model: { ...stories, backend: counted } }, signal: stop.signal };
    await expect(async () => {
      for await (const _ of stories.generateTokens([1], options)) stop.abort(new Error("enough"));
    }).rejects.toThrow("enough");
    expect(held).toBe(0);
  });
});

describe("what does not go", () => {
  const draft = () => ({ model: stories });
  it.each<readonly [string, () => object, RegExp]>([
    ["both", () => ({ lookup: {}, draft: draft() }), /^generate: draft must be absent beside lookup/],
    [
      "blocks",
      () => ({ lookup: {}, stepsPerRun: 8 }),
      /^generate: stepsPerRun must be 1 or absent beside lookup, got 8$/,
    ],
    [
      "blocks, a draft",
      () => ({ draft: draft(), stepsPerRun: 8 }),
      /stepsPerRun must be 1 or absent beside draft, got 8$/,
    ],
    ["no number", () => ({ lookup: { match: 0 } }), /^generate: match must be/],
    [
      "a typo",
      () => ({ lookup: { matches: 3 } }),
      /^generate: lookup must have no keys but match, draft, got "matches"/,
    ],
    ["true", () => ({ lookup: true }), /^generate: lookup must be an object, got true$/],
    [
      "no model",
      () => ({ draft: { tokens: 4 } }),
      /^generate: model must be a model that loadModel gave, got nothing$/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(take(stories, [1], options() as GenerateOptions)).rejects.toThrow(message);
  });

  it("a draft of another vocabulary, another tokenizer, or a capacity that the run is beyond", async () => {
    const passkey = await load(backend, passkey875k);
    await expect(take(stories, [1], { draft: { model: passkey } })).rejects.toThrow(
      /^generate: draft.model must have a vocabulary of 512 tokens, as the model has, got 86$/,
    );
    await passkey.release();
    const folder = await openFolder(stories260K.url);
    const tokenizer = JSON.parse(readFileSync(new URL("tokenizer.json", stories260K.url), "utf8"));
    const { vocab } = tokenizer.model;
    [vocab["<0x41>"], vocab["<0x42>"]] = [vocab["<0x42>"], vocab["<0x41>"]];
    const bytes = new TextEncoder().encode(JSON.stringify(tokenizer));
    const renamed = inMemory("renamed", { "tokenizer.json": bytes });
    const file: CheckpointFolder["file"] = async (name) => (await renamed.file(name)) ?? folder.file(name);
    const swapped = await loadModel({ name: "renamed", file }, { backend });
    await expect(take(stories, [1], { draft: { model: swapped } })).rejects.toThrow(
      /^generate: draft.model must have the tokenizer of the model, got <0x41> as 69 instead of 68$/,
    );
    await swapped.release();
    const long = Array.from({ length: 600 }, (_, index) => 3 + (index % 500));
    await expect(take(extended, long, { draft: draft(), maxNewTokens: 5, beyondCapacity: "refuse" })).rejects.toThrow(
      /^generate: draft.model: the run must be at most 512 tokens/,
    );
  });
});
