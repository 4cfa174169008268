/**
 * The search over candidates: first over windows, each with its least group size, then over group sizes, then with log-n, and again from
 * the best found. The best candidates are measured on more of the text.
 *
 *   screening   every candidate on the same first samples, about a third of the prefills
 *   finals      the best four on more samples, and the best two of these on all samples that the budget allows; candidates with log-n and
 *               without get the same samples
 *
 * All candidates see the same tokens, so differences come from the candidate and not from the text. A prefill is `length` tokens run once
 * through the model; a shorter sample costs a part of one.
 */
import type { Candidate, Space } from "./candidates.ts";
import type { LossSum, SampleLoss } from "./measure.ts";

/** A candidate with its losses, in the order of the samples. */
export type Tried = { readonly candidate: Candidate; readonly losses: readonly SampleLoss[] };

export type SearchConfig = {
  readonly space: Space;
  /** The cost of each sample, in prefills. */
  readonly costs: readonly number[];
  readonly prefills: number;
  /** Whether log-n is tried. */
  readonly logN: boolean;
};

export type Found = { readonly tried: readonly Tried[]; readonly spent: number };

const joined = (sums: readonly LossSum[]): LossSum =>
  sums.reduce((a, b) => ({ sum: a.sum + b.sum, tokens: a.tokens + b.tokens }), { sum: 0, tokens: 0 });

/** The mean of the first `samples`; NaN if nothing is scored. */
export const meanOver = (
  losses: readonly SampleLoss[],
  kind: keyof SampleLoss,
  samples: number = losses.length,
): number => {
  const { sum, tokens } = joined(losses.slice(0, samples).map((loss) => loss[kind]));
  return sum / tokens;
};

/**
 * The loss that decides between candidates. For a text it is the mean. For responses, which have a few tokens each, it is the mean and the
 * worst: a rare miss shows first in the worst response.
 */
const scoreOver = (losses: readonly SampleLoss[], samples: number = losses.length): number => {
  const own = losses.slice(0, samples);
  const mean = meanOver(own, "far");
  return own.some(({ near }) => near.tokens > 0)
    ? mean
    : mean + Math.max(...own.map((loss) => meanOver([loss], "far")));
};

/** Candidates whose losses are this near to the best count as equal, and the one with the least harm is taken. */
const alike = 0.001;

/** Orders two candidates, the better first, by the samples that both were measured on. */
export const ranked = (tried: readonly Tried[]): readonly Tried[] => {
  const most = Math.max(0, ...tried.map(({ losses }) => losses.length));
  const finals = tried.filter(({ losses }) => losses.length === most);
  const byFar = finals.toSorted((a, b) => scoreOver(a.losses) - scoreOver(b.losses));
  const best = byFar[0] === undefined ? NaN : scoreOver(byFar[0].losses);
  const near = ({ losses }: Tried): number => meanOver(losses, "near");
  const tied = byFar.filter(({ losses }) => scoreOver(losses) <= best * (1 + alike));
  const harmless = tied.every((one) => !Number.isNaN(near(one))) ? tied.toSorted((a, b) => near(a) - near(b)) : tied;
  const others = tried.filter((one) => !finals.includes(one));
  return [
    ...harmless,
    ...byFar.filter((one) => !tied.includes(one)),
    ...others.toSorted((a, b) => b.losses.length - a.losses.length || scoreOver(a.losses) - scoreOver(b.losses)),
  ];
};

/** About how many candidates a screening tries. */
const usualCandidates = 16;

export const search = async (
  { space, costs, prefills, logN }: SearchConfig,
  measure: (candidate: Candidate, sample: number) => Promise<SampleLoss>,
): Promise<Found> => {
  const tried = new Map<string, { candidate: Candidate; losses: SampleLoss[] }>();
  let spent = 0;

  /** Measures a candidate on up to so many samples, as far as the budget goes. */
  const upTo = async (candidate: Candidate, samples: number): Promise<boolean> => {
    const key = `${candidate.groupSize} ${candidate.window} ${candidate.logN}`;
    const own = tried.get(key) ?? { candidate, losses: [] };
    const missing = costs.slice(own.losses.length, samples).reduce((sum, cost) => sum + cost, 0);
    if (spent + missing > prefills + 1e-9) return false;
    tried.set(key, own);
    while (own.losses.length < Math.min(samples, costs.length)) {
      spent += costs[own.losses.length]!;
      own.losses.push(await measure(candidate, own.losses.length));
    }
    return true;
  };

  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const screened = Math.min(costs.length, Math.max(1, Math.floor(prefills / 3 / usualCandidates / mean)));
  const lossOf = async (candidate: Candidate): Promise<number> => {
    if (!(await upTo(candidate, screened))) return Infinity;
    const own = tried.get(`${candidate.groupSize} ${candidate.window} ${candidate.logN}`)!;
    return scoreOver(own.losses, screened);
  };

  /** The best index of a ladder, tried from `start` by ever smaller steps. */
  const climb = async (
    count: number,
    start: number,
    step: number,
    at: (index: number) => Candidate,
  ): Promise<number> => {
    let best = start;
    let least = await lossOf(at(start));
    const look = async (index: number): Promise<boolean> => {
      if (index < 0 || index >= count) return false;
      const loss = await lossOf(at(index));
      if (!(loss < least)) return false;
      [best, least] = [index, loss];
      return true;
    };
    for (let wide = step; wide >= 1; wide = Math.floor(wide / 2)) {
      // Go on in the direction that is better; stay if neither is.
      const up = await look(best + wide);
      if (up) while (await look(best + wide));
      else while (await look(best - wide));
    }
    return best;
  };

  const { windows, groupSizes } = space;
  const quarter = Math.max(0, Math.floor(windows.length / 4));
  let window =
    windows[
      await climb(windows.length, quarter, Math.max(1, Math.floor(windows.length / 4)), (index) => ({
        window: windows[index]!,
        groupSize: groupSizes(windows[index]!)[0]!,
        logN: false,
      }))
    ]!;
  let groupSize = groupSizes(window)[0]!;
  let withLogN = false;
  const overGroupSizes = async (): Promise<void> => {
    const sizes = groupSizes(window);
    const start = Math.max(0, sizes.indexOf(groupSize));
    groupSize =
      sizes[await climb(sizes.length, start, 2, (index) => ({ window, groupSize: sizes[index]!, logN: withLogN }))]!;
  };
  await overGroupSizes();
  if (logN) {
    const plainLoss = await lossOf({ window, groupSize, logN: false });
    withLogN = (await lossOf({ window, groupSize, logN: true })) < plainLoss;
    if (withLogN) {
      const start = windows.indexOf(window);
      window =
        windows[
          await climb(windows.length, start, 2, (index) => ({
            window: windows[index]!,
            groupSize: index === start ? groupSize : groupSizes(windows[index]!)[0]!,
            logN: true,
          }))
        ]!;
      if (!groupSizes(window).includes(groupSize)) groupSize = groupSizes(window)[0]!;
      await overGroupSizes();
    }
  }

  // As many samples as the budget allows for this number of finalists.
  for (const finalists of [4, 2]) {
    const all = ranked([...tried.values()]);
    const kinds = [true, false].map((scaled) => all.filter(({ candidate }) => candidate.logN === scaled));
    const best = logN ? kinds.flatMap((kind) => kind.slice(0, finalists / 2)) : all.slice(0, finalists);
    const measured = Math.min(...best.map(({ losses }) => losses.length));
    const each = (prefills - spent) / mean / best.length / (finalists === 4 ? 2 : 1);
    const samples = Math.min(costs.length, measured + Math.floor(each + 1e-9));
    for (const { candidate } of best) await upTo(candidate, samples);
  }
  return { tried: [...tried.values()], spent };
};
