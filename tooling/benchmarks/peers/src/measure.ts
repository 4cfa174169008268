/** Engines side by side: they stay loaded in processes of their own and are asked in turn, so that one runs at a time. */
import { median } from "../../src/measuring/compare-times.ts";
import type { Entrant } from "./entrant.ts";
import type { Precision, Run, Workload } from "./workload.ts";

/** A run, and the most memory that the engine's process has had so far, loading included, where it can be told. */
export type Answer = { readonly run: Run; readonly peakBytes: number | undefined };

/** What is loaded and can be asked. */
export type Contestant = {
  readonly entrant: Entrant;
  readonly run: (workload: Workload) => Promise<Answer>;
  readonly stop: () => Promise<void>;
};

/** Where an engine runs. */
export type Place = "cpu" | "wasm";

export type Case = { readonly place: Place; readonly precision: Precision; readonly context: number };

/** The runs of one entrant, one a round. */
export type Sample = Case &
  Entrant & {
    readonly runs: readonly Run[];
    readonly peakBytes: number | undefined;
  };

/**
 * Times of a run that are compared, in milliseconds a token.
 *
 *   prefill       to the first token
 *   decode        the mean of all steps but the first, which lays out what the prompt has left
 *   decodeStep    the median of the same steps: without the pauses of garbage collection
 */
const times = {
  prefill: (run: Run, context: number): number => run.promptTime / context,
  decode: ({ stepTimes }: Run): number =>
    stepTimes.slice(1).reduce((sum, time) => sum + time, 0) / (stepTimes.length - 1),
  decodeStep: ({ stepTimes }: Run): number => median(stepTimes.slice(1)),
} as const;

export type Quantity = keyof typeof times;

/** Runs every contestant once a round; the order turns from round to round. Says on stderr how far it is. */
export const takeTurns = async (
  contestants: readonly Contestant[],
  at: Case,
  workload: Workload,
  { rounds }: { readonly rounds: number },
): Promise<readonly Sample[]> => {
  const answers = new Map<Entrant, Answer[]>(contestants.map(({ entrant }) => [entrant, []]));
  for (let round = 0; round < rounds; round++)
    for (const { entrant, run } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const answer = await run(workload);
      answers.get(entrant)!.push(answer);
      const perSecond = (quantity: Quantity): string => (1000 / times[quantity](answer.run, at.context)).toFixed(1);
      console.error(
        `${at.place}, ${at.precision}, ${at.context} tokens, round ${round + 1} of ${rounds}: ${entrant.name}, tokens/s: ` +
          `prefill ${perSecond("prefill")}, decode ${perSecond("decode")}`,
      );
    }
  return [...answers].map(([entrant, given]) => ({
    ...at,
    ...entrant,
    runs: given.map(({ run }) => run),
    peakBytes: given.at(-1)!.peakBytes,
  }));
};

/** Tokens per second, the median of all rounds. */
export const speed = (quantity: Quantity, { runs, context }: Sample): number =>
  median(runs.map((run) => 1000 / times[quantity](run, context)));

/** How many times faster `sample` is than `peer`: the median of each round's own ratio. */
export const speedRatio = (quantity: Quantity, sample: Sample, peer: Sample): number =>
  median(
    sample.runs.map((run, round) => {
      const other = peer.runs[round]!;
      return times[quantity](other, peer.context) / times[quantity](run, sample.context);
    }),
  );
