/** Medians side by side: the candidates take turns in one run, so that what disturbs one disturbs the other. */

export type Candidate = { readonly name: string; readonly run: () => Promise<number> };

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/** Milliseconds of each candidate's `run`, as it reports them: the median of `rounds`, after `warmups` not counted. */
export const alternate = async (
  candidates: readonly Candidate[],
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
): Promise<Readonly<Record<string, number>>> => {
  const times = new Map(candidates.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < warmups + rounds; round++)
    for (const { name, run } of round % 2 === 0 ? candidates : candidates.toReversed()) {
      const time = await run();
      if (round >= warmups) times.get(name)!.push(time);
    }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
};
