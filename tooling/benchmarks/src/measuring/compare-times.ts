/** Times compared by medians. The candidates take turns in one run, so that a disturbance of the machine reaches both. */

/** Runs once and gives the milliseconds of the measured part. */
export type Candidate = () => Promise<number>;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/** Milliseconds of a run. */
export const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};

/** The milliseconds of both sides in one turn. */
export type Turn = { readonly base: number; readonly candidate: number };

export type Comparison = Turn & {
  /** The median of each turn's ratio, candidate / base. `base` and `candidate` are medians of their own. */
  readonly ratio: number;
};

export const compareTurns = (turns: readonly Turn[]): Comparison => ({
  ratio: median(turns.map(({ base, candidate }) => candidate / base)),
  base: median(turns.map(({ base }) => base)),
  candidate: median(turns.map(({ candidate }) => candidate)),
});

/** Runs both once; in every other turn the candidate comes first. */
export const takeTurn = async (base: Candidate, candidate: Candidate, turn: number): Promise<Turn> => {
  const before = turn % 2 === 1 ? await candidate() : undefined;
  const baseTime = await base();
  return { base: baseTime, candidate: before ?? (await candidate()) };
};

/**
 * The time of `candidate` divided by that of `base`. They take turns, and the ratio is the median of each turn's ratio, so that a machine
 * that is slow for a while slows both. The first `warmups` turns are not counted.
 */
export const compareTimes = async (
  base: Candidate,
  candidate: Candidate,
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
): Promise<Comparison> => {
  const turns: Turn[] = [];
  for (let turn = 0; turn < warmups + rounds; turn++) turns.push(await takeTurn(base, candidate, turn));
  return compareTurns(turns.slice(warmups));
};
