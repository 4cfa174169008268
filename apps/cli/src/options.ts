/** The flags that every command shares, and what they mean: a backend and an extension. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { compose, leakyReRope, logN, reRope, selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/decoder";
import { chooseSelfExtend } from "@ropewalk/position-mapping";
import { InvalidArgumentError, Option, type Command } from "commander";

export const methods = ["none", "self-extend", "re-rope", "leaky-re-rope", "sliding-window"] as const;
export const entropies = ["none", "log-n"] as const;

export type Method = (typeof methods)[number];
export type Entropy = (typeof entropies)[number];

export type SharedOptions = {
  readonly method: Method;
  readonly groupSize?: number;
  readonly window?: number;
  readonly entropy: Entropy;
  readonly trainedContext?: number;
  readonly backend: "cpu" | "wasm";
  readonly threads?: number;
  readonly json?: boolean;
};

/** A number as it stands; the functions it is handed to know its rule and name it. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError(`must be a number, got ${text}`);
  return value;
};

/** Adds the shared flags. */
export const withSharedOptions = (command: Command): Command =>
  command
    .addOption(new Option("--method <method>", "which relative positions").choices(methods).default("none"))
    .option("--group-size <G>", "tokens that share a far position; absent: chosen for the length", number)
    .option("--window <W>", "tokens with exact positions; absent: chosen for the length", number)
    .addOption(new Option("--entropy <entropy>", "how queries scale with position").choices(entropies).default("none"))
    .option("--trained-context <L>", "the window the model was trained on; absent: as its config says", number)
    .addOption(new Option("--backend <backend>", "where it runs").choices(["cpu", "wasm"]).default("cpu"))
    .option("--threads <n>", "threads of one run; absent: as many as the backend likes", number)
    .option("--json", "print JSON and nothing else");

const backends = { cpu, wasm } as const;

export const backendFrom = ({ backend, threads }: SharedOptions): Backend =>
  backends[backend](threads === undefined ? {} : { threads });

/** The window for a method that has one, where none is given: a quarter of the trained one, as for SelfExtend. */
const windowFor = (trainedContext: number, window: number | undefined): number =>
  window ?? Math.max(1, Math.floor(trainedContext / 4));

type Numbers = {
  readonly trainedContext: number;
  readonly length: number;
  readonly groupSize: number | undefined;
  readonly window: number | undefined;
};

/** G and W: as given; what is not given is chosen for the length. */
const chosen = ({ trainedContext, length, groupSize, window }: Numbers): { groupSize: number; window: number } => {
  if (groupSize !== undefined) return { groupSize, window: windowFor(trainedContext, window) };
  return chooseSelfExtend({ trainedContext, length, ...(window === undefined ? {} : { window }) });
};

/** One row a method. */
const positions: Readonly<Record<Method, (numbers: Numbers) => ContextExtension>> = {
  none: () => ({}),
  "self-extend": (numbers) => selfExtend(chosen(numbers)),
  "re-rope": ({ trainedContext, window }) => reRope({ window: windowFor(trainedContext, window) }),
  "leaky-re-rope": (numbers) => {
    const { groupSize: factor, window } = chosen(numbers);
    return leakyReRope({ factor, window });
  },
  "sliding-window": ({ trainedContext, window }) => slidingWindow({ window: window ?? trainedContext }),
};

const unread: Readonly<Record<Method, readonly ("groupSize" | "window")[]>> = {
  none: ["groupSize", "window"],
  "self-extend": [],
  "re-rope": ["groupSize"],
  "leaky-re-rope": [],
  "sliding-window": ["groupSize"],
};

/**
 * The extension that the flags ask for, for a run of `length` tokens.
 *
 * @throws RangeError when a flag is given that the method does not read
 */
export const extensionFrom = (
  { method, groupSize, window, entropy }: Pick<SharedOptions, "method" | "groupSize" | "window" | "entropy">,
  { trainedContext, length }: { readonly trainedContext: number; readonly length: number },
): ContextExtension => {
  const given = { groupSize, window };
  const stray = unread[method].find((name) => given[name] !== undefined);
  if (stray !== undefined)
    throw new RangeError(`--${stray === "groupSize" ? "group-size" : stray} is not read by --method ${method}, got ${given[stray]}`);
  const mapped = positions[method]({ trainedContext, length, groupSize, window });
  return entropy === "log-n" ? compose(mapped, logN({ trainedContext })) : mapped;
};
