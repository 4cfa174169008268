/** Whether engines that were given the same weights and prompt go on with the same tokens. */
import type { Sample } from "./measure.ts";
import type { Run } from "./workload.ts";

/** Tokens that are compared. */
export const compared = 8;

/** How many of the first tokens are the same. */
const agreeing = (a: Run, b: Run): number => {
  const differs = a.tokens.slice(0, compared).findIndex((token, index) => token !== b.tokens[index]);
  return differs < 0 ? Math.min(compared, a.tokens.length) : differs;
};

/** The rounds of one entrant against the first run of Ropewalk's first; undefined where that was not measured. */
export const agreementOf = (sample: Sample, samples: readonly Sample[]): number | undefined => {
  const own = samples.find(
    ({ engine, place, precision, context }) =>
      engine === "ropewalk" && place === sample.place && precision === sample.precision && context === sample.context,
  );
  return own && Math.min(...sample.runs.map((run) => agreeing(own.runs[0]!, run)));
};

/** @throws Error when two engines that both compute in float32 give other tokens: one of them computes something else */
export const checkFloat32 = (context: number, runs: ReadonlyMap<string, Run>): void => {
  const [first, ...others] = [...runs];
  const count = Math.min(compared, first![1].tokens.length);
  for (const [name, run] of others)
    if (agreeing(first![1], run) < count)
      throw new Error(
        `float32 at ${context}: ${name} must give the first ${count} tokens that ${first![0]} gives, ` +
          `${first![1].tokens.slice(0, compared)}, got ${run.tokens.slice(0, compared)}`,
      );
};
