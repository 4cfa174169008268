/** What must hold while several prompts run at once, and while one runs long: the same in Node and in a page. */
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { wasm } from "@ropewalk/backend-wasm";

export type Folders = {
  readonly stories: () => Promise<CheckpointFolder>;
  readonly passkey: () => Promise<CheckpointFolder>;
};

const prompt = (number: number, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => 3 + ((index * 37 + number * 101) % 50));

const newTokens = 8;

const lengthsOf = [
  [200, 440],
  [60, 300, 440],
  [5, 5],
  [130, 260, 40, 90],
];
const chunkSizes = [17, 40, 512];
const kinds = ["one model", "two extensions", "two sessions of one model", "two models"] as const;

const tokensOf = async (model: LanguageModel, ids: readonly number[], chunkSize: number): Promise<string> => {
  const tokens: number[] = [];
  const options = { maxNewTokens: newTokens, stopTokens: [], chunkSize, beyondCapacity: "allow" } as const;
  for await (const token of model.generateTokens(ids, options)) tokens.push(token);
  return tokens.join();
};

/** How many mixes of prompts at once were run, and what was wrong: nothing, where all gave what each gives alone. */
export const runMixes = async ({
  stories,
  passkey,
}: Folders): Promise<{ readonly mixes: number; readonly wrong: readonly string[] }> => {
  const [first, again, other] = [
    await loadModel(await stories(), { backend: wasm() }),
    await loadModel(await stories(), { backend: wasm() }),
    await loadModel(await passkey(), { backend: wasm() }),
  ];
  const extended = await first.withExtension(selfExtend({ groupSize: 8, window: 64 }));
  const models: Readonly<Record<(typeof kinds)[number], readonly LanguageModel[]>> = {
    "one model": [first],
    "two extensions": [first, extended],
    "two sessions of one model": [again, first],
    "two models": [other, extended],
  };
  const alone = new Map<string, string>();
  const wrong: string[] = [];
  let mixes = 0;
  for (const kind of kinds)
    for (const lengths of lengthsOf)
      for (const chunkSize of chunkSizes) {
        const runs = lengths.map((length, index) => {
          const model = models[kind][index % models[kind].length]!;
          const key = `${kind}, ${index % models[kind].length}, ${index}, ${length}, ${chunkSize}`;
          return { key, run: () => tokensOf(model, prompt(index, length), chunkSize) };
        });
        for (const { key, run } of runs) if (!alone.has(key)) alone.set(key, await run());
        mixes += 1;
        const got = await Promise.allSettled(runs.map(({ run }) => run()));
        got.forEach((result, index) => {
          const { key } = runs[index]!;
          const said = result.status === "fulfilled" ? result.value : String(result.reason);
          if (said !== alone.get(key)) wrong.push(`${key}: ${said} at once, ${alone.get(key)} alone`);
        });
      }
  for (const model of [first, again, other]) await model.release();
  return { mixes, wrong };
};

export type Aborted = {
  readonly tokens: number;
  readonly ticks: number;
  /** Milliseconds from when the abort was due to the end of the run. */
  readonly late: number;
  readonly message: string;
};

/** A run of 400 tokens whose abort is due at 50 ms. */
export const runAborted = async ({ stories }: Folders): Promise<Aborted> => {
  const model = await loadModel(await stories(), { backend: wasm() });
  const controller = new AbortController();
  let [tokens, ticks, message] = [0, 0, "none"];
  const interval = setInterval(() => (ticks += 1), 5);
  const begun = performance.now();
  setTimeout(() => controller.abort(new Error("stop")), 50);
  try {
    const options = { maxNewTokens: 400, stopTokens: [], signal: controller.signal };
    for await (const token of model.generateTokens([1, 403, 407], options)) if (token >= 0) tokens += 1;
  } catch (error) {
    ({ message } = error as Error);
  }
  const late = performance.now() - begun - 50;
  clearInterval(interval);
  await model.release();
  return { tokens, ticks, late, message };
};
