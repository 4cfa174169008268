/** The flags of `npm run bench:peers`. */
import { parseArgs } from "node:util";
import type { CachePrecision } from "@ropewalk/decoder";
import { cachePrecisions, engines, precisions, type EngineName, type Precision } from "./workload.ts";

export type Options = {
  readonly contexts: readonly number[];
  readonly engines: readonly EngineName[];
  readonly precisions: readonly Precision[];
  /** Ropewalk's, each a row of its own. */
  readonly caches: readonly CachePrecision[];
  readonly rounds: number;
  /** Steps of decoding that are counted, a round. */
  readonly steps: number;
  readonly threads: number;
  /** Whether the browser is measured too. */
  readonly browser: boolean;
  /** Whether second questions behind a document are measured too. */
  readonly questions: boolean;
  readonly fresh: boolean;
  /** Where the picture of speed by context goes. */
  readonly svg: string | undefined;
  readonly json: boolean;
};

const positive = (flag: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${flag} must be a positive integer, got ${text}`);
  return value;
};

const among = <T extends string>(flag: string, known: readonly T[], text: string): readonly T[] =>
  text.split(",").map((word) => {
    const found = known.find((one) => one === word);
    if (found === undefined) throw new RangeError(`--${flag} must be of ${known.join(", ")}, got ${word}`);
    return found;
  });

export const readOptions = (): Options => {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      contexts: { type: "string" },
      engines: { type: "string", default: engines.join() },
      precisions: { type: "string", default: precisions.join() },
      "ropewalk-cache": { type: "string", default: cachePrecisions.join() },
      rounds: { type: "string" },
      steps: { type: "string", default: "16" },
      threads: { type: "string", default: "2" },
      quick: { type: "boolean", default: false },
      browser: { type: "boolean" },
      questions: { type: "boolean", default: true },
      fresh: { type: "boolean", default: false },
      svg: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { quick } = values;
  const contexts = values.contexts ?? (quick ? "512" : "512,2048,8192");
  return {
    contexts: contexts
      .split(",")
      .map((text) => positive("contexts", text))
      .toSorted((a, b) => a - b),
    engines: among("engines", engines, values.engines),
    precisions: among("precisions", precisions, values.precisions),
    caches: among("ropewalk-cache", cachePrecisions, values["ropewalk-cache"]),
    rounds: positive("rounds", values.rounds ?? (quick ? "2" : "5")),
    steps: positive("steps", values.steps),
    threads: positive("threads", values.threads),
    browser: values.browser ?? !quick,
    questions: values.questions,
    fresh: values.fresh,
    svg: values.svg,
    json: values.json,
  };
};
