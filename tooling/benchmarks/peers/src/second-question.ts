/**
 * The second question on a document that an engine has read, by its own reuse: the time to its first token, beside that of a cold run over
 * the same tokens. The cold run is in the same process, behind nothing.
 */
import { median } from "../../src/measuring/compare-times.ts";
import { startEngine } from "./engine-process.ts";
import { entrantsFor, type Entrant } from "./entrant.ts";
import { modelOf, positions, type Prepared } from "./models/prepare.ts";
import type { Options } from "./options.ts";
import { keepers, promptOf, warmUp, type Precision } from "./workload.ts";

/** Tokens of a question, and of its answer. */
const questionLength = 32;
const newTokens = 4;

export type QuestionSample = Entrant & {
  readonly precision: Precision;
  /** Tokens of the document. */
  readonly context: number;
  /** Milliseconds to the first token. */
  readonly cold: number;
  readonly behind: number;
  /** The median of each round's behind / cold. */
  readonly ratio: number;
};

const measureEntrant = async (
  prepared: Prepared,
  { threads, rounds }: Options,
  precision: Precision,
  context: number,
  entrant: Entrant,
): Promise<QuestionSample> => {
  const model = modelOf(entrant.engine, prepared.byPrecision[precision]);
  const engine = await startEngine(entrant, { model, threads });
  await engine.run(warmUp(prepared.vocabSize));
  const all = promptOf(context + questionLength * (rounds + 1), prepared.vocabSize);
  const document = all.slice(0, context);
  const times: { readonly cold: number; readonly behind: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const ids = all.slice(context + questionLength * (round + 1)).slice(0, questionLength);
    const cold = await engine.run({ ids: [...document, ...ids], newTokens });
    // What is asked first behind it reads it, unless it is there.
    await engine.run({ document, ids: all.slice(context, context + questionLength), newTokens });
    const behind = await engine.run({ document, ids, newTokens });
    times.push({ cold: cold.run.promptTime, behind: behind.run.promptTime });
    const agree = String(cold.run.tokens) === String(behind.run.tokens) ? "the same tokens" : "other tokens";
    console.error(
      `second question, ${precision}, behind ${context}: ${entrant.name}: ${cold.run.promptTime.toFixed(0)} ms cold, ` +
        `${behind.run.promptTime.toFixed(0)} ms behind, ${agree}`,
    );
  }
  await engine.stop();
  return {
    ...entrant,
    precision,
    context,
    cold: median(times.map(({ cold }) => cold)),
    behind: median(times.map(({ behind }) => behind)),
    ratio: median(times.map(({ cold, behind }) => behind / cold)),
  };
};

/** Of every engine that keeps what it has read. @throws Error when an engine fails */
export const measureQuestions = async (prepared: Prepared, options: Options): Promise<readonly QuestionSample[]> => {
  const samples: QuestionSample[] = [];
  const most = questionLength * (options.rounds + 1) + newTokens;
  for (const precision of options.precisions)
    for (const context of options.contexts.filter((length) => length + most <= positions))
      for (const entrant of entrantsFor(precision, options).filter(({ engine }) => keepers.includes(engine)))
        samples.push(await measureEntrant(prepared, options, precision, context, entrant));
  return samples;
};
