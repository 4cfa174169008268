/** What a caller hands in wrongly is an error that says so, never the plain model, an engine's words or a number. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { selfExtend as mapping } from "@ropewalk/position-mapping";
import { stories260K } from "@ropewalk/tiny-models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCache, loadModel, runMultiStep, sample, startSampling, type LanguageModel } from "../../src/index.ts";

const config = { groupSize: 8, window: 64 };
const extended = selfExtend(config);
let model: LanguageModel;
beforeAll(async () => {
  model = await loadModel(await openFolder(stories260K.url), { backend: cpu() });
});
afterAll(() => model.release());

const messageOf = async (call: () => unknown): Promise<string> => {
  try {
    await call();
  } catch (error) {
    expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
    return (error as Error).message;
  }
  return "no error";
};

const drain = async (options: object, prompt: unknown = "Once"): Promise<void> => {
  for await (const _ of model.generate(prompt as string, options)) continue;
};

const given: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    "a name",
    () => model.withExtension("self-extend" as never),
    /^withExtension: extension must be an object .*"self-extend"; a constructor is meant, as in selfExtend/,
  ],
  ["a list", () => model.withExtension([extended] as never), /^withExtension: .*compose\(…\) is meant\?$/],
  [
    "a typo",
    () => model.withExtension({ position: extended.positions } as never),
    /^withExtension: .*; positions is meant\?$/,
  ],
  [
    "a mapping",
    () => model.withExtension(mapping(config) as never),
    /^withExtension: .*\{ positions: … \} is meant\?$/,
  ],
  ["an entropy scaling", () => model.withExtension({ kind: "log-n" } as never), /\{ entropy: … \} is meant\?$/],
  ["a constructor", () => model.withExtension(selfExtend as never), /it must be called, as in selfExtend\(\{ … \}\)$/],
  [
    "nothing",
    () => model.withExtension(undefined as never),
    /^withExtension: extension must be an object .*, got nothing$/,
  ],
  ["load, a typo", () => loadModel("x", { backend: cpu(), extention: extended } as never), /; extension is meant\?$/],
  [
    "load, no extension",
    () => loadModel("x", { backend: cpu(), extension: "yarn" as never }),
    /^loadModel: extension must be/,
  ],
  [
    "load, no backend",
    () => loadModel("x", {} as never),
    /^loadModel: backend must be a backend, got nothing; .*cpu\(\)/,
  ],
  ["load, no options", () => loadModel("x", undefined as never), /^loadModel: options must be an object, got nothing$/],
  [
    "load, cpu not called",
    () => loadModel("x", { backend: cpu as never }),
    /got the function cpu; it must be called, as in cpu\(\)$/,
  ],
  [
    "load, a name",
    () => loadModel("x", { backend: "cpu" as never }),
    /^loadModel: backend must be a backend, got "cpu"/,
  ],
  ["load, a promise", () => loadModel("x", { backend: Promise.resolve(cpu()) as never }), /it must be awaited$/],
  [
    "load, int4",
    () => loadModel("x", { backend: cpu(), quantize: "int4" as never }),
    /^loadModel: quantize must be one of q4, q8, got "int4"$/,
  ],
  [
    "load, fp8",
    () => loadModel("x", { backend: cpu(), cache: "fp8" as never }),
    /^loadModel: cache must be one of float32, float16, q8, got "fp8"$/,
  ],
  [
    "load, no source",
    () => loadModel(undefined as never, { backend: cpu() }),
    /^openModel: source must be .*, got nothing$/,
  ],
  ["load, a number", () => loadModel(3 as never, { backend: cpu() }), /^openModel: source must be .*, got 3$/],
  [
    "load, any object",
    () => loadModel({ name: "x" } as never, { backend: cpu() }),
    /^openModel: source\.file must be a function, got nothing$/,
  ],
  ["generate, max_new_tokens", () => drain({ max_new_tokens: 2 }), /^generate: .*; maxNewTokens is meant\?$/],
  [
    "generate, temperature",
    () => drain({ temperature: 0.8 }),
    /sampling: \{ kind: "sample", temperature, seed \} is meant\?$/,
  ],
  ["generate, top_k", () => drain({ top_k: 3 }), /sampling: \{ kind: "sample", temperature, seed, topK \} is meant\?$/],
  [
    "generate, no kind",
    () => drain({ sampling: { temperature: 0.8 } }),
    /sampling\.kind must be one of greedy, sample, got nothing$/,
  ],
  [
    "generate, greedy and warm",
    () => drain({ sampling: { kind: "greedy", temperature: 1 } }),
    /no keys but kind, logitBias, repetitionPenalty, frequencyPenalty, presencePenalty, got "temperature"$/,
  ],
  [
    "generate, text for a number",
    () => drain({ maxNewTokens: "8" }),
    /^generate: maxNewTokens must be a number, got "8"$/,
  ],
  ["generate, stop text", () => drain({ stopTokens: ["."] }), /^generate: stopTokens must be an array of token ids/],
  [
    "generate, beyond",
    () => drain({ beyondCapacity: true }),
    /^generate: beyondCapacity must be "refuse", "allow", keepEnds\(\{ first \}\), regroup\(\) or a function, got true$/,
  ],
  ["generate, a signal", () => drain({ signal: new AbortController() }), /^generate: signal must be an AbortSignal/],
  ["generate, options", () => drain(8 as never), /^generate: options must be an object, got 8$/],
  ["generate, no prompt", () => drain({}, null), /^generate: prompt must be text, token ids or messages, got null$/],
  ["logits, a typo", () => model.logits([1], { chunk: 3 } as never), /^logits: options must have no keys but/],
  ["logits, text", () => model.logits("Once" as never), /^logits: ids must be/],
  [
    "visitLogits, none",
    () => model.visitLogits([1], undefined as never),
    /^visitLogits: visit must be a function, got nothing$/,
  ],
  [
    "sample, no kind",
    () => sample({ kind: "nucleus" } as never, [], new Float32Array(2)),
    /^sample: sampling\.kind must be one of greedy, sample, got "nucleus"$/,
  ],
  [
    "sampling, text",
    () => startSampling("greedy" as never),
    /^startSampling: sampling must be an object with a kind, got "greedy"$/,
  ],
];

describe("options", () => {
  it.each(given)("%s", async (_, call, message) => expect(await messageOf(call)).toMatch(message));

  it("of a block", async () => {
    const cache = createCache(model.backend, model.extended, { length: 8 });
    const sessions = { session: model.session, multiStepSession: await model.multiStepSession!() };
    const options = { sampling: { kind: "greedy" }, state: [], stopTokens: [], steps: 2, stop: [2] } as never;
    expect(await messageOf(() => runMultiStep(sessions, cache, 1, options))).toMatch(
      /^runMultiStep: options .*got "stop"/,
    );
  });
});

describe("positions that are no numbers", () => {
  const broken = (query: (i: number) => number) => ({
    name: "broken",
    window: 32,
    capacity: () => 9999,
    remedy: () => "",
    bands: [
      { from: 0, to: 32, query: (i: number) => i, key: (j: number) => j },
      { from: 32, to: Infinity, query, key: (j: number) => j },
    ],
  });

  it("are found when the mapping is put on", async () => {
    const put = () => model.withExtension({ positions: broken((i) => i / 0 - i / 0) });
    expect(await messageOf(put)).toBe("extendContext: bands[1].query(0) of broken must be finite, got NaN");
  });

  it("or, further on, when they are run", async () => {
    const late = await model.withExtension({ positions: broken((i) => (i === 70 ? NaN : i)) });
    const run = () => late.logits(Array.from({ length: 100 }, (_, i) => 3 + i));
    expect(await messageOf(run)).toBe("chunkNumbers: bands[1].query(70) of broken must be finite, got NaN");
  });
});
