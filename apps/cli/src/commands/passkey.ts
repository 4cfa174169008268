/** `ropewalk passkey`: does the longer window work? Keys hidden in text of growing length, methods side by side. */
import { extendDecoder } from "@ropewalk/decoder";
import type { OpenedModel } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Command } from "commander";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { newBar } from "../bars.ts";
import { interruptSignal } from "../interrupt.ts";
import type { Method } from "../methods.ts";
import { notice } from "../notice.ts";
import { extensionFor, open, modelArgument } from "../open-model.ts";
import {
  checkCount,
  nameOf,
  number,
  numberList,
  withSharedOptions,
  type Entropy,
  type SharedOptions,
} from "../options.ts";
import type { Job, JobResult, Variant } from "../passkey/jobs.ts";
import { runJobs } from "../passkey/pool.ts";
import { renderCosts, type MethodCosts } from "../render/costs.ts";
import { renderGrid } from "../render/grid.ts";
import { renderSvg } from "../render/svg.ts";
import { svgPath } from "../svg-path.ts";

type PasskeyOptions = Omit<SharedOptions, "method" | "entropy"> & {
  readonly method?: Method;
  readonly entropy?: Entropy;
  readonly lengths: readonly number[];
  readonly depths: number;
  readonly trials: number;
  readonly seed: number;
  readonly svg?: string;
  readonly workers?: number;
};

const sideBySide: readonly Variant[] = [
  { method: "none", entropy: "none" },
  { method: "self-extend", entropy: "none" },
  { method: "self-extend", entropy: "log-n" },
];

/** Spread evenly: the middles of `count` equal parts of the text. */
const depthsFrom = (count: number): readonly number[] =>
  Array.from({ length: checkCount("passkey", "--depths", count) }, (_, index) => (index + 0.5) / count);

const variantsFrom = ({ method, entropy, groupSize, window }: PasskeyOptions): readonly Variant[] =>
  method === undefined && entropy === undefined && groupSize === undefined && window === undefined
    ? sideBySide
    : [{ method: method ?? "none", entropy: entropy ?? "none" }];

const jobsFrom = (options: PasskeyOptions): readonly Job[] => {
  const { lengths, seed } = options;
  const trials = checkCount("passkey", "--trials", options.trials);
  const depths = depthsFrom(options.depths);
  return variantsFrom(options).flatMap((variant) =>
    lengths.flatMap((length) =>
      depths.map((depth): Job => ({
        variant,
        length: checkCount("passkey", "--lengths", length),
        depth,
        trials,
        seed,
      })),
    ),
  );
};

/** Results by method, in the order the methods were asked for. */
const byMethod = (jobs: readonly Job[], results: readonly JobResult[]): readonly MethodCosts[] =>
  [...new Set(jobs.map(({ variant }) => nameOf(variant)))].map((method) => {
    const own = results.filter((_, index) => nameOf(jobs[index]!.variant) === method);
    return {
      method,
      cells: own.map(({ cell }) => cell),
      positions: new Map(own.map(({ cell, positions }) => [cell.length, positions])),
      beyond: [...new Set(own.filter(({ beyondCapacity }) => beyondCapacity).map(({ cell }) => cell.length))],
    };
  });

/** What the methods switch off, each thing once. */
const noticesOf = (opened: OpenedModel, options: SharedOptions, jobs: readonly Job[]): ReadonlySet<string> =>
  new Set(
    jobs.flatMap(
      ({ variant, length }) =>
        extendDecoder(opened.source.decoder, extensionFor(opened, { ...options, ...variant }, length)).notices,
    ),
  );

const passkey = async (model: string, options: PasskeyOptions): Promise<void> => {
  const jobs = jobsFrom(options);
  const svg = await svgPath(options, "passkey.svg");
  const workers = checkCount(
    "passkey",
    "--workers",
    options.workers ?? (model === passkey875k.name ? availableParallelism() : 1),
  );
  const { method = "none", entropy = "none", threads = workers > 1 ? 1 : undefined, ...rest } = options;
  const shared: SharedOptions = { ...rest, method, entropy, ...(threads === undefined ? {} : { threads }) };
  // What is to be downloaded is downloaded once, with a bar; the workers find it.
  const opened = await open(model, shared);
  for (const said of noticesOf(opened, shared, jobs)) notice(said);
  const signal = interruptSignal("passkey");

  const bar = newBar("{what}");
  const work = jobs.reduce((sum, { length, trials }) => sum + length * trials, 0);
  bar.start(work, 0, { what: "loading" });
  const pool = { setup: { model, options: shared }, workers, signal };
  const results = await runJobs(pool, jobs, (length, { variant }) =>
    bar.increment(length, { what: `${nameOf(variant)}, ${length} tokens` }),
  ).finally(() => bar.stop());

  const methods = byMethod(jobs, results);
  for (const { method: name, beyond } of methods)
    if (beyond.length > 0)
      notice(`passkey: ${name} at ${beyond.join(", ")} tokens is beyond its capacity; run all the same`);
  if (svg !== undefined) await writeFile(svg, renderSvg(methods));
  if (options.json) {
    const cells = methods.flatMap(({ method: name, cells: own }) =>
      own.map(({ length, depth, found, trials }) => ({ method: name, length, depth, found, trials })),
    );
    process.stdout.write(`${JSON.stringify({ cells })}\n`);
    return;
  }
  const costs = `${renderCosts(methods)}\nSpeeds are of one run on ${threads ?? "all"} thread${threads === 1 ? "" : "s"}, ${workers} side by side.`;
  process.stdout.write(`${renderGrid(methods)}\n\n${costs}\n\nThe same grid as a picture: ${svg}\n`);
};

export const addPasskey = (program: Command): void => {
  const command = withSharedOptions(
    program
      .command("passkey")
      .description(
        "hide keys in text of growing length and count those found; without --method, three methods side by side",
      )
      .argument("[model]", modelArgument, passkey875k.name)
      .option("--lengths <tokens>", "lengths of the text, by comma", numberList, [128, 256, 512, 1024, 2048, 4096])
      .option("--depths <n>", "how many depths, spread evenly", number, 5)
      .option("--trials <n>", "keys a cell", number, 10)
      .option("--seed <n>", "the same seed gives the same prompts", number, 3)
      .option(
        "--workers <n>",
        "runs side by side, each with the model in memory; absent: 1, or as many as cores for the shipped model",
        number,
      )
      .option("--svg <file>", "where the picture goes; absent: passkey.svg, or nowhere with --json"),
  );
  // Here an absent flag means the three methods, not its default.
  for (const name of ["method", "entropy"]) command.setOptionValue(name, undefined);
  command.action(passkey);
};
