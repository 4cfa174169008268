/**
 * Greedy tokens behind a prefix are those of a cold run, and logits are within 1e-4 of them in float32: wherever the text is cut, under
 * any window and group size, in every way to run behind it, for a checkpoint and an export.
 */
import {
  dynamicNtk,
  leakyReRope,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, type GenerateOptions, type LanguageModel, type Prefix } from "../../src/index.ts";
import { counted } from "../counted.ts";
import { backends } from "../backends.ts";

type Ids = readonly number[];

const newTokens = 6;

const tokensOf = async (model: LanguageModel, ids: Ids, options: GenerateOptions = {}): Promise<Ids> => {
  const tokens: number[] = [];
  const asked = { maxNewTokens: newTokens, stopTokens: [], beyondCapacity: "allow", ...options } as const;
  for await (const token of model.generateTokens(ids, asked)) tokens.push(token);
  return tokens;
};

/** A run behind a text: in its question, and, one step at a time, its tokens. */
type Run = { readonly behind: Ids; readonly question: Ids; readonly tokens: Ids };

type Asked = { readonly text: Ids; readonly questions: readonly [Ids, Ids]; readonly options: GenerateOptions };

const read = (model: LanguageModel, ids: Ids): Promise<Prefix> =>
  model.read(ids, { room: 400, beyondCapacity: "allow" });

/** Every way to run behind a text. */
const ways: Readonly<Record<string, (model: LanguageModel, asked: Asked) => Promise<readonly Run[]>>> = {
  "one after another": async (model, { text, questions, options }) => {
    const after = await read(model, text);
    const runs: Run[] = [];
    for (const question of questions)
      runs.push({ behind: text, question, tokens: await tokensOf(model, question, { ...options, after }) });
    after.release();
    return runs;
  },
  "in turns": async (model, { text, questions, options }) => {
    const after = await read(model, text);
    const asked = { maxNewTokens: newTokens, stopTokens: [], beyondCapacity: "allow", ...options, after } as const;
    const runs = questions.map((question) => ({
      behind: text,
      question,
      tokens: [] as number[],
      run: model.generateTokens(question, asked),
    }));
    for (let step = 0; step < newTokens; step++) {
      for (const { run, tokens } of runs) tokens.push((await run.next()).value!);
      if (step === 1) after.release();
    }
    for (const { run } of runs) await run.return();
    return runs;
  },
  "behind what extends it, which stays or goes": async (model, { text, questions: [more, question], options }) => {
    const first = await read(model, text);
    const after = await first.extend(more, { beyondCapacity: "allow" });
    const runs: Run[] = [
      { behind: text, question, tokens: await tokensOf(model, question, { ...options, after: first }) },
    ];
    const behind = [...text, ...more];
    for (const release of [() => undefined, first.release]) {
      release();
      runs.push({ behind, question, tokens: await tokensOf(model, question, { ...options, after }) });
    }
    after.release();
    return runs;
  },
};

const extensionOf = (window: number, groupSize: number): Readonly<Record<string, ContextExtension>> => ({
  "one band": {},
  "near and far": selfExtend({ groupSize, window }),
  leaky: leakyReRope({ factor: 1 + groupSize / 7, window }),
  "keys once": withPositions({ kind: "string", shiftFrom: window + groupSize, window }),
  "by chunks": withPositions({ kind: "dual-chunk", chunkSize: window + groupSize, localSize: groupSize }),
  "under masks": withPositions({ kind: "sinks", sinks: groupSize, window }),
  "a window": slidingWindow({ window }),
  "frequencies of the length": dynamicNtk({ factor: 2, originalContext: 100 }),
});

const kinds = Object.keys(extensionOf(1, 1));
/** Nothing settles there. */
const dense = new Set(["under masks", "a window"]);

const cases = fc.record({
  kind: fc.constantFrom(...kinds),
  way: fc.constantFrom(...Object.keys(ways)),
  window: fc.integer({ min: 5, max: 50 }),
  groupSize: fc.integer({ min: 1, max: 9 }),
  cut: fc.integer({ min: 1, max: 220 }),
  /** Now and then more than has settled. */
  more: fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 30 })),
  cache: fc.constantFrom("float32" as const, "float32" as const, "q8" as const),
  stepsPerRun: fc.constantFrom(1, 1, 4),
  model: fc.constantFrom("checkpoint", "checkpoint", "export"),
});

describe.each(backends)("on $name", (inner) => {
  const { backend, live } = counted(inner);
  const models = new Map<string, LanguageModel>();
  beforeAll(async () => {
    for (const cache of ["float32", "q8"] as const) {
      models.set(`checkpoint ${cache}`, await loadModel(await openFolder(stories260K.url), { backend, cache }));
      models.set(`export ${cache}`, await loadModel(exportPath("torch-dynamo-llama"), { backend, cache }));
    }
  });
  afterAll(async () => {
    for (const model of models.values()) await model.release();
  });

  it("behind a prefix is as cold", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind, way, window, groupSize, cut, more: [first, second], ...asked }) => {
        const cache = dense.has(kind) ? "float32" : asked.cache;
        const extension = extensionOf(window, groupSize)[kind]!;
        const model = await models.get(`${asked.model} ${cache}`)!.withExtension(extension);
        const { vocabSize } = model.extended.decoder;
        const ids = Array.from(
          { length: cut + first + second },
          (_, at) => 3 + ((at * 37 + (at % 13)) % (vocabSize - 5)),
        );
        const questions = [ids.slice(cut, cut + first), ids.slice(cut + first)] as const;
        const options = { stepsPerRun: asked.stepsPerRun };
        const runs = await ways[way]!(model, { text: ids.slice(0, cut), questions, options });
        expect(live.size).toBe(0);
        // What is planned decides the frequencies, where they depend on the length.
        if (kind === "frequencies of the length") return;
        for (const { behind, question, tokens } of runs) {
          const whole = [...behind, ...question];
          const rows = await model.logits([...whole, ...tokens.slice(0, -1)]);
          tokens.forEach((token, at) => {
            const row = rows.subarray((whole.length - 1 + at) * vocabSize, (whole.length + at) * vocabSize);
            // In 8 bits what waits is not rounded yet: equals may fall to either.
            const near = cache === "q8" ? 0.5 : 1e-4;
            expect(row[token]!).toBeGreaterThanOrEqual(row.reduce((most, value) => Math.max(most, value)) - near);
          });
          if (cache === "q8") continue;
          expect(tokens).toEqual(await tokensOf(model, whole));
          const after = await read(model, behind);
          const given = await model.logits(question, { after });
          const from = (behind.length - 1) * vocabSize;
          expect(largestDifference(given, rows.subarray(from, from + given.length))).toBeLessThan(1e-4);
          after.release();
        }
      }),
      { numRuns: inner.name === "cpu" ? 14 : 4 },
    );
  });
});
