/** Times steps of one model at one length. The engines take turns. */
import { setTimeout } from "node:timers/promises";
import { median } from "../measuring/compare-times.ts";
import { engineNames, type EngineName, type EngineOptions } from "./engines.ts";
import { startEngine } from "./engine-process.ts";

export type Times = Readonly<Record<EngineName, readonly number[]>>;

export type Compared = EngineOptions & {
  /** Milliseconds of each round: of the clock, and of the processor over all threads. */
  readonly times: Times;
  readonly processorTimes: Times;
  readonly loss: number;
  /** The largest difference between the losses of two engines. */
  readonly apart: number;
};

/** Milliseconds between turns, after which threads that spin are asleep. */
const pause = 20;

/** Losses in float32 differ by the order of additions. */
const tolerance = 1e-4;

/** @throws Error when engines do not give the same loss, since then they do not time the same model */
export const compareEngines = async (
  options: EngineOptions,
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
): Promise<Compared> => {
  const contestants = engineNames.map((name) => startEngine(name, options));
  const none = () =>
    Object.fromEntries(engineNames.map((name) => [name, []])) as unknown as Record<EngineName, number[]>;
  const [times, processorTimes] = [none(), none()];
  const losses: number[] = [];
  for (let round = -warmups; round < rounds; round++)
    for (let turn = 0; turn < contestants.length; turn++) {
      const { name, step } = contestants[(turn + round + warmups) % contestants.length]!;
      await setTimeout(pause);
      const { loss, time, processorTime } = await step();
      losses.push(loss);
      if (round < 0) continue;
      times[name].push(time);
      processorTimes[name].push(processorTime);
    }
  await Promise.all(contestants.map(({ stop }) => stop()));
  const apart = Math.max(...losses) - Math.min(...losses);
  if (!(apart <= tolerance))
    throw new Error(`${options.model}: losses must be within ${tolerance} of each other, got ${losses.join(", ")}`);
  return { ...options, times, processorTimes, loss: losses[0]!, apart };
};

/** The fastest engine whose name begins with `side`. */
export const fastest = (times: Times, side: "ropewalk cpu" | "jax-js"): EngineName =>
  engineNames.filter((name) => name.startsWith(side)).toSorted((a, b) => median(times[a]) - median(times[b]))[0]!;

/** How many times as fast the candidate is: the median of each round's ratio, base / candidate. */
export const speedup = (times: Times, base: EngineName, candidate: EngineName): number =>
  median(times[candidate].map((time, round) => times[base][round]! / time));
