/**
 * Tokens per second with guess and check, divided by those of decoding step by step. Both run over the same text in turns, and must give
 * the same tokens.
 *
 *   copied    answers of passkey-875k out of 4,096 tokens under SelfExtend: five digits that stand in the text
 *   new       stories that stories260K draws at temperature 1, which repeat nothing
 */
import type { Backend } from "@ropewalk/backend";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { passkeyIn, passkeyPrompt, type PasskeyLanguage } from "@ropewalk/evals";
import {
  loadModel,
  type GenerateOptions,
  type GuessStats,
  type LanguageModel,
  type Prefix,
} from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import { barOf, type Bar } from "../measuring/bar.ts";
import { compareTurns, takeTurn, type Candidate, type Turn } from "../measuring/compare-times.ts";

const lookup = { match: 3, draft: 8 };

type Ran = { readonly tokens: readonly number[]; readonly time: number; readonly guesses: GuessStats | undefined };

const run = async (model: LanguageModel, after: Prefix, options: GenerateOptions): Promise<Ran> => {
  const tokens: number[] = [];
  let [time, guesses]: [number, GuessStats | undefined] = [0, undefined];
  const onDone: GenerateOptions["onDone"] = (stats) => ([time, guesses] = [stats.decodeTime, stats.guesses]);
  for await (const token of model.generateTokens([], { ...options, after, onDone, stepsPerRun: 1 })) tokens.push(token);
  return { tokens, time, guesses };
};

type Sums = { runs: number; guessed: number; right: number; tokens: number };

const noSums = (): Sums => ({ runs: 0, guessed: 0, right: 0, tokens: 0 });

const addTo = (sums: Sums, more: Sums): void => {
  for (const name of ["runs", "guessed", "right", "tokens"] as const) sums[name] += more[name];
};

/** Measured turns of each prompt. */
const turnsEach = 3;

/** One turn: the same run with and without guesses. */
const turnOf = async (
  model: LanguageModel,
  after: Prefix,
  options: GenerateOptions,
  turn: number,
  sums: Sums,
): Promise<Turn & { readonly tokens: readonly number[] }> => {
  const given: (readonly number[])[] = [];
  const timed =
    (more: GenerateOptions): Candidate =>
    async () => {
      const { tokens, time, guesses } = await run(model, after, { ...options, ...more });
      given.push(tokens);
      if (guesses !== undefined) addTo(sums, { ...guesses, tokens: tokens.length });
      return time;
    };
  const taken = await takeTurn(timed({}), timed({ lookup }), turn);
  const [one, other] = given as [readonly number[], readonly number[]];
  if (one.join() !== other.join())
    throw new Error(
      `guessing: the tokens must be those of a run without guesses, ${one.join(" ")}, got ${other.join(" ")}`,
    );
  return { ...taken, tokens: one };
};

const measured = (name: string, turns: readonly Turn[], sums: Sums) => {
  const { ratio, base, candidate } = compareTurns(turns);
  const from =
    `${base.toFixed(2)} ms to ${candidate.toFixed(2)} ms; ${sums.tokens} tokens in ${sums.runs} runs behind prompts, ` +
    `${sums.right} of ${sums.guessed} guesses right`;
  return { name, value: 1 / ratio, from };
};

const copied = async (backend: Backend, quick: boolean): Promise<Bar> => {
  const plain = await loadModel(await openFolder(passkey875k.url), { backend });
  const model = await plain.withExtension(
    compose(selfExtend({ groupSize: 32, window: 64 }), logN({ trainedContext: 256 })),
  );
  const task = passkeyIn(JSON.parse(await readFile(new URL("task.json", passkey875k.url), "utf8")) as PasskeyLanguage);
  const turns: Turn[] = [];
  const sums = noSums();
  const count = quick ? 4 : 24;
  let found = 0;
  for (let at = 0; at < count; at++) {
    const prompt = passkeyPrompt(task, model.text!, { length: 4096, depth: at / count, seed: 100 + at });
    const document = await model.read(prompt.ids, { room: prompt.keyTokens });
    // The first turn warms up.
    for (let turn = 0; turn <= turnsEach; turn++) {
      const own = noSums();
      const taken = await turnOf(model, document, { maxNewTokens: prompt.keyTokens }, turn, own);
      // Where the key is not found there is nothing to copy.
      if (model.text!.decode(taken.tokens).trim() !== prompt.key) break;
      if (turn === 0) found += 1;
      else turns.push(taken);
      if (turn > 0) addTo(sums, own);
    }
    document.release();
  }
  await plain.release();
  if (found < 0.9 * count) throw new Error(`guessing: keys must be found, got ${found} of ${count}`);
  return barOf(
    measured(`passkey-875k, answers copied out of 4096 tokens, tokens/s with lookup / without`, turns, sums),
    "at least",
    2,
  );
};

const unheard = async (backend: Backend, quick: boolean): Promise<Bar> => {
  const plain = await loadModel(await openFolder(stories260K.url), { backend });
  const model = await plain.withExtension(selfExtend({ groupSize: 8, window: 256 }));
  const turns: Turn[] = [];
  const sums = noSums();
  const begin = await model.read("Once upon a time", { room: 600 });
  for (let at = 0; at <= (quick ? 2 : 15); at++) {
    const sampling = { kind: "sample", temperature: 1, seed: at } as const;
    const turn = await turnOf(model, begin, { maxNewTokens: 500, sampling, stopTokens: [] }, at, sums);
    if (at > 0) turns.push(turn);
  }
  begin.release();
  await plain.release();
  return barOf(
    measured("stories260K, new stories of 500 tokens, tokens/s with lookup / without", turns, sums),
    "at least",
    0.97,
  );
};

export const guessing = async (backend: Backend, { quick }: { readonly quick: boolean }): Promise<readonly Bar[]> => [
  await copied(backend, quick),
  await unheard(backend, quick),
];
