/** Medians side by side: the candidates take turns in one run, so that what disturbs one disturbs the other. */

/** Runs once and gives the milliseconds of what is to be measured. */
export type Candidate = () => Promise<number>;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/**
 * How many times the time of `base` `candidate` takes: they take turns, and the median is of each turn's own ratio, so that a
 * machine that is slower for a while slows both. Each `run` reports its own milliseconds; `warmups` turns are not counted.
 */
export const timeRatio = async (
  base: Candidate,
  candidate: Candidate,
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
): Promise<number> => {
  const ratios: number[] = [];
  for (let round = 0; round < warmups + rounds; round++) {
    const candidateFirst = round % 2 === 1;
    const before = candidateFirst ? await candidate() : undefined;
    const baseTime = await base();
    const candidateTime = before ?? (await candidate());
    if (round >= warmups) ratios.push(candidateTime / baseTime);
  }
  return median(ratios);
};
