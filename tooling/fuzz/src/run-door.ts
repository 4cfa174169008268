/** Runs inputs of a door in this process, and holds each to the limits. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AnyDoor } from "./door.ts";
import { faultOf } from "./outcome.ts";

const limits = {
  /** Seconds of processor time of one input, since tests run side by side. */
  seconds: 1,
  /** Bytes that the process may grow by during one input. */
  bytes: 200e6,
} as const;

export type Fault = {
  readonly door: string;
  /** The input's number; "seed 3" for a seed as it is. */
  readonly input: string;
  readonly what: string;
};

export type DoorReport = {
  readonly inputs: number;
  /** How many of the mutated inputs were taken in; the others were refused by name. */
  readonly taken: number;
  readonly faults: readonly Fault[];
  /** Seconds of processor time of the slowest input, and bytes of the one that took most. */
  readonly slowest: number;
  readonly largest: number;
};

export type RunOptions = {
  readonly from: number;
  readonly to: number;
  /** A folder of this run, which is emptied. */
  readonly scratch: string;
  /** Called before each input. */
  readonly onInput?: (input: string) => void;
  /** How many faults end the run. Default 20. */
  readonly most?: number;
};

const askedName = "asked";

/** The names in the scratch folder beside the one that was asked for. */
const outside = (scratch: string): readonly string[] => readdirSync(scratch).filter((name) => name !== askedName);

type Measured = { readonly seconds: number; readonly bytes: number; readonly error: unknown };

const measured = async (call: () => unknown): Promise<Measured> => {
  const { rss } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS;
  const started = process.cpuUsage();
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown ?? new Error("undefined was thrown");
  }
  const { user, system } = process.cpuUsage(started);
  const now = process.resourceUsage().maxRSS;
  // A peak below an earlier one is within the limit already.
  return { seconds: (user + system) / 1e6, bytes: now > peak ? 1024 * now - rss : 0, error };
};

/** @param from - the first mutated input; the seeds as they are run before it, where it is 0 */
export const runDoor = async (
  door: AnyDoor,
  { from, to, scratch, onInput = () => undefined, most = 20 }: RunOptions,
): Promise<DoorReport> => {
  rmSync(scratch, { recursive: true, force: true });
  const folder = join(scratch, askedName);
  mkdirSync(folder, { recursive: true });
  onInput("the seeds");
  const { seeds, mutated } = await door.open();
  const faults: Fault[] = [];
  let [taken, slowest, largest] = [0, 0, 0];

  const run = async (input: string, call: (place: { readonly folder: string }) => unknown, isSeed: boolean) => {
    const fault = (what: string): void => void faults.push({ door: door.name, input, what });
    onInput(input);
    const { seconds, bytes, error } = await measured(() => call({ folder }));
    const wrong = error === undefined ? undefined : faultOf(error);
    if (wrong !== undefined) fault(wrong);
    const left = outside(scratch);
    if (left.length > 0) {
      fault(`files must be written to the asked folder alone, got ${left.join(", ")} beside it`);
      for (const name of left) rmSync(join(scratch, name), { recursive: true });
    }
    // A seed as it is warms up what it runs, and must be taken in.
    if (isSeed) return error === undefined || fault(`the seed must be taken in, got ${(error as Error).message}`);
    if (error === undefined) taken += 1;
    slowest = Math.max(slowest, seconds);
    largest = Math.max(largest, bytes);
    if (seconds > limits.seconds)
      fault(`an input must take at most ${limits.seconds} s of processor time, got ${seconds.toFixed(2)}`);
    if (bytes > limits.bytes)
      fault(`an input must take at most ${limits.bytes / 1e6} MB, got ${Math.round(bytes / 1e6)}`);
  };

  for (const [at, call] of seeds.entries()) await run(`seed ${at}`, call, true);
  let inputs = 0;
  for (let number = from; number < to && faults.length < most; number++) {
    onInput(String(number));
    await run(String(number), mutated(number), false);
    inputs += 1;
  }
  rmSync(scratch, { recursive: true, force: true });
  return { inputs, taken, faults, slowest, largest };
};
