/** `ropewalk passkey`: does the longer window work? Keys hidden in text of growing length, methods side by side. */
import { englishPasskey, passkeyCell, passkeyIn, type PasskeyCell, type PasskeyLanguage, type PasskeyTask } from "@ropewalk/evals";
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { writeFile } from "node:fs/promises";
import { folderOf, openModel } from "../open-model.ts";
import { extensionFrom, number, withSharedOptions, type Entropy, type Method, type SharedOptions } from "../options.ts";
import { renderCosts, type MethodCosts } from "../render/costs.ts";
import { renderGrid } from "../render/grid.ts";
import { renderSvg } from "../render/svg.ts";

type PasskeyOptions = Omit<SharedOptions, "method" | "entropy"> & {
  readonly method?: Method;
  readonly entropy?: Entropy;
  readonly lengths: readonly number[];
  readonly depths: number;
  readonly trials: number;
  readonly seed: number;
  readonly svg?: string;
};

type Variant = { readonly method: Method; readonly entropy: Entropy };

const sideBySide: readonly Variant[] = [
  { method: "none", entropy: "none" },
  { method: "self-extend", entropy: "none" },
  { method: "self-extend", entropy: "log-n" },
];

const nameOf = ({ method, entropy }: Variant): string => (entropy === "none" ? method : `${method}+${entropy}`);

/** The task in the model's own language where a task.json lies beside it, else in English. */
const taskOf = async (path: string): Promise<PasskeyTask> => {
  const file = await (await openFolder(folderOf(path))).file("task.json");
  if (file === undefined) return englishPasskey;
  const text = new TextDecoder().decode(await file.source.read(0, file.source.size));
  return passkeyIn(JSON.parse(text) as PasskeyLanguage);
};

const depthsFrom = (count: number): readonly number[] => {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`passkey: --depths must be a positive integer, got ${count}`);
  return count === 1 ? [0.5] : Array.from({ length: count }, (_, index) => index / (count - 1));
};

const passkey = async (path: string, options: PasskeyOptions): Promise<void> => {
  const { lengths, trials, seed } = options;
  const depths = depthsFrom(options.depths);
  if (!Number.isInteger(trials) || trials < 1) throw new RangeError(`passkey: --trials must be a positive integer, got ${trials}`);
  const task = await taskOf(path);
  const variants =
    options.method === undefined && options.entropy === undefined
      ? sideBySide
      : [{ method: options.method ?? "none", entropy: options.entropy ?? "none" }];
  const plain = await openModel(path, { method: "none", entropy: "none", ...options });
  const { trainedContext } = plain.extended.decoder;
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(new Error("passkey: aborted")));

  const bar = new SingleBar({ stream: process.stderr, format: "{bar} {percentage}%  {what}  {duration_formatted}", clearOnComplete: true });
  const work = lengths.reduce((sum, length) => sum + length, 0) * depths.length * trials * variants.length;
  bar.start(work, 0, { what: "" });
  const results: MethodCosts[] = [];
  const notices: string[] = [];
  try {
    for (const variant of variants) {
      const method = nameOf(variant);
      const cells: PasskeyCell[] = [];
      const positions = new Map<number, string>();
      const beyond: number[] = [];
      let model: LanguageModel = plain;
      for (const length of lengths) {
        model = await plain.withExtension(extensionFrom({ ...options, ...variant }, { trainedContext, length }));
        positions.set(length, model.extended.positions.name);
        if (beyondCapacity(model.extended, length) !== undefined) beyond.push(length);
        for (const depth of depths) {
          bar.update({ what: `${method}, ${length} tokens` });
          cells.push(
            await passkeyCell(task, model, { length, depth, trials, seed }, () => bar.increment(length), interrupt.signal),
          );
        }
      }
      if (beyond.length > 0) notices.push(`passkey: ${method} at ${beyond.join(", ")} tokens is beyond its capacity, run all the same`);
      results.push({ method, cells, positions });
    }
  } finally {
    bar.stop();
  }
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  await plain.release();

  if (options.svg !== undefined || !options.json) await writeFile(options.svg ?? "passkey.svg", renderSvg(results));
  if (options.json) {
    const cells = results.flatMap(({ method, cells: ofMethod }) =>
      ofMethod.map(({ length, depth, found, trials: asked }) => ({ method, length, depth, found, trials: asked })),
    );
    process.stdout.write(`${JSON.stringify({ cells })}\n`);
  } else
    process.stdout.write(`${renderGrid(results)}\n\n${renderCosts(results)}\n\nThe same grid as a picture: ${options.svg ?? "passkey.svg"}\n`);
};

const list = (text: string): readonly number[] => text.split(",").map(number);

export const addPasskey = (program: Command): void => {
  const command = withSharedOptions(
    program
      .command("passkey")
      .description("hide keys in text of growing length and count those found; without --method, three methods side by side")
      .argument("[model]", "a checkpoint's folder, or the name of a shipped model", passkey875k.name)
      .option("--lengths <tokens>", "lengths of the text, by comma", list, [128, 256, 512, 1024, 2048, 4096])
      .option("--depths <n>", "how many depths, spread from the beginning to the end", number, 5)
      .option("--trials <n>", "keys a cell", number, 10)
      .option("--seed <n>", "the same seed gives the same prompts", number, 1)
      .option("--svg <file>", "where the picture goes; absent: passkey.svg, or nowhere with --json"),
  );
  // Here an absent flag means the three methods, not its default.
  for (const name of ["method", "entropy"]) command.setOptionValue(name, undefined);
  command.action(passkey);
};
