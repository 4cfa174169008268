/** `ropewalk finetune`: tunes a checkpoint for a longer window, and writes a folder that loads like any other. */
import { trainingCurve } from "@ropewalk/charts";
import { recipeNames, type Data } from "@ropewalk/finetune";
import { writeFolder } from "@ropewalk/models/node";
import { Option, type Command } from "commander";
import { extendedWords, extensionWords, groupsAndWindow, recordIn } from "../../describe/extension-in-words.ts";
import { learnedFiles, learnedWords, withLora, withLoraOptions, type LoraOptions } from "../../finetune/lora-flags.ts";
import { aTenth, planOf, type FinetuneOptions, type Plan } from "../../finetune/training-plan.ts";
import { runTraining, type Done } from "../../finetune/run-training.ts";
import { checkOutput, openStates, type States } from "../../finetune/training-states.ts";
import { examples, tunableModelArgument } from "../../terminal/help-texts.ts";
import { interruptSignal } from "../../terminal/interrupt.ts";
import { number } from "../../flags/parse-numbers.ts";
import { open } from "../../model/open-model.ts";
import { checkCount, withRunOptions } from "../../flags/shared.ts";
import { printFacts } from "../../render/facts.ts";
import { renderTable } from "../../render/table.ts";
import { bytes } from "../../render/units.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";

const columns = ["step", "loss", "held out", "learning rate", "tokens/s"].map((head) => ({
  head,
  align: "right" as const,
}));

/** The most rows of the table. The last step is always among them. */
const mostRows = 20;

/** The table of the steps. The row before the first step has the held-out loss alone. */
const stepsTable = ({ steps, trained }: Done): string => {
  const before = trained.evaluations.filter(({ step }) => step < steps[0]!.step);
  const every = Math.ceil(steps.length / mostRows);
  const shown = steps.filter((_, index) => (steps.length - 1 - index) % every === 0);
  return renderTable(columns, [
    ...before.map(({ step, loss }) => [`${step}`, "-", loss.toFixed(3), "-", "-"]),
    ...shown.map(({ step, loss, evaluation, learningRate, tokensPerSecond }) => [
      `${step}`,
      loss.toFixed(3),
      evaluation?.toFixed(3) ?? "-",
      learningRate.toPrecision(3),
      Math.round(tokensPerSecond).toLocaleString("en"),
    ]),
  ]);
};

type Ended = { readonly plan: Plan; readonly done: Done; readonly written: number; readonly from: number };

const report = (options: FinetuneOptions, { plan, done, written, from }: Ended) => {
  const { name, extension, data, heldOut, training } = plan;
  const { evaluations } = done.trained;
  return {
    output: options.output,
    bytes: written,
    method: name,
    ...groupsAndWindow(extension),
    extension: recordIn(extension),
    length: options.length,
    samples: data.samples.length,
    documents: data.documents,
    cut: data.cut,
    leftOut: data.leftOut,
    learned: data.learned,
    ...(heldOut && { heldOut: { ...heldOut, samples: heldOut.samples.length } }),
    seed: training.seed ?? 0,
    resumedFrom: from,
    steps: done.steps.map(({ step, loss, evaluation, gradientNorm, learningRate, tokensPerSecond }) => ({
      step,
      loss,
      ...(evaluation === undefined ? {} : { evaluation }),
      gradientNorm,
      learningRate,
      tokensPerSecond,
    })),
    evaluations,
  };
};

const samplesWords = ({ samples, documents, learned, cut, leftOut, longest }: Data, length: number): string =>
  `${samples.length} of ${longest < length ? `${longest} tokens at most` : `${length} tokens`}, from ${documents} document${documents === 1 ? "" : "s"}, ` +
  `${learned.toLocaleString("en")} tokens learned` +
  (cut + leftOut === 0 ? "" : `; ${cut} cut, ${leftOut} left out`);

const facts = (
  { output, length }: FinetuneOptions,
  title: string,
  { plan: { data, heldOut, training }, written, from }: Ended,
) => ({
  [output]: `${bytes(written)}, ${learnedWords(training)}`,
  "tuned under": title,
  samples: samplesWords(data, length),
  ...(heldOut && { "held out": samplesWords(heldOut, length).replace("tokens learned", "tokens looked at") }),
  steps: `${training.steps} of ${training.batchSize} samples in ${training.gradientAccumulation ?? 1} run${training.gradientAccumulation === 1 ? "" : "s"}${from === 0 ? "" : `, the first ${from} by an earlier run`}`,
});

/** Runs the training, and writes the result. */
const tune = async (
  { training }: Plan,
  states: States,
  { output, ...how }: { readonly output: string; readonly saveEvery: number; readonly signal: AbortSignal },
): Promise<Pick<Ended, "done" | "written">> => {
  const done = await runTraining(training, states, how);
  const tuned = await learnedFiles(training, done.trained.state.parameters);
  const written = await writeFolder(output, tuned);
  // The states are removed only after the result is written.
  await states.remove();
  return { done, written };
};

const finetune = async (path: string, options: FinetuneOptions & LoraOptions): Promise<void> => {
  const { output, length, json, resume = false } = options;
  if (options.saveEvery !== undefined) checkCount("finetune", "--save-every", options.saveEvery);
  checkCount("finetune", "--length", length);
  const svg = await svgPath(options, "finetune.svg");
  await checkOutput(output);
  const opened = await open(path, options);
  const plan = withLora(await planOf(opened, options), options);
  const { training, extension } = plan;
  // Checked now and not at the end, after the training.
  if (recordIn(extension) === null)
    throw new RangeError(
      `finetune: the extension must be one that a file can hold, for the tuned folder says it, got ${plan.name}: ${extensionWords(extension)}, whose functions its module alone has`,
    );
  const signal = interruptSignal("finetune");
  const states = await openStates(output, training, resume);
  const from = states.start?.step ?? 0;
  const saveEvery = options.saveEvery ?? aTenth(training.steps);
  const { done, written } = await tune(plan, states, { output, saveEvery, signal }).finally(states.close);

  const ended: Ended = { plan, done, written, from };
  const title = extendedWords(training.model.extended.positions.name, extension);
  if (json) process.stdout.write(`${JSON.stringify(report(options, ended))}\n`);
  else {
    printFacts(facts(options, title, ended), []);
    if (done.steps.length > 0) process.stdout.write(`${stepsTable(done)}\n`);
  }
  if (done.steps.length === 0) return;
  await writeSvg({ svg, json, said: "The losses as a curve" }, () =>
    trainingCurve({ title, losses: done.steps, evaluations: done.trained.evaluations }),
  );
};

export const addFinetune = (program: Command): void => {
  const command = program
    .command("finetune")
    .description("tune a checkpoint for a longer window: all its weights or an adapter, on a few samples")
    .argument("<model>", tunableModelArgument)
    .requiredOption(
      "--data <file>",
      "what it learns from: .txt, or .jsonl of text, prompt and response, messages or conversations",
    )
    .requiredOption("--length <tokens>", "tokens of a sample: the window that it is tuned for", number)
    .requiredOption("--output <folder>", "where the tuned model goes: a folder that is empty or not there yet")
    .addOption(
      new Option(
        "--recipe <recipe>",
        "an extension as the paper of Entropy-ABF tunes it; absent: as --method says",
      ).choices(recipeNames),
    )
    .optionsGroup("Training:")
    .option(
      "--learning-rate <r>",
      "at its peak; 2e-5 is for 7 billion parameters, small models take 1e-3",
      number,
      2e-5,
    )
    .option("--steps <n>", "steps; absent: 6", number)
    .option("--batch-size <n>", "samples a step; absent: 16", number)
    .option("--samples <n>", "samples, the first of the data; absent: 100, or as many as there are", number)
    .addOption(
      new Option("--schedule <schedule>", "how the learning rate goes down; absent: cosine").choices([
        "constant",
        "linear",
        "cosine",
      ]),
    )
    .option("--warmup-steps <n>", "steps in which it goes up; absent: none", number)
    .option("--weight-decay <d>", "how much of a matrix is taken off at a rate of 1; absent: 0.1", number)
    .option("--gradient-clipping <norm>", "what gradients are shortened to; absent: 1", number)
    .option(
      "--gradient-accumulation <n>",
      "runs that a step is split into; absent: as many as keep the scores of one within 1 GB",
      number,
    )
    .option(
      "--gradient-checkpointing",
      "compute a layer's values anew on the way back: less memory, a third more time; absent: they are kept",
    )
    .option("--seed <n>", "the order of the samples; the same seed gives the same run; absent: 0", number)
    .option(
      "--evaluation <file>",
      "held-out data, whose loss is looked at while it trains; read by the flags on data too",
    )
    .option("--evaluation-every <steps>", "how often; absent: ten times a run", number)
    .optionsGroup("Data:")
    .addOption(
      new Option(
        "--arrange <how>",
        "each document a sample, or all packed; absent: pack for .txt, each for .jsonl",
      ).choices(["each", "pack"]),
    )
    .addOption(
      new Option("--longer <what>", "what is done with a document that is too long; absent: refuse").choices([
        "refuse",
        "cut",
        "leave-out",
      ]),
    )
    .option("--separator <text>", "what stands between the documents of a .txt; absent: it is one")
    .optionsGroup("How it ends:")
    .option("--save-every <steps>", "how often the state is kept in <output>.training; absent: ten times a run", number)
    .option("--resume", "go on with the run that is kept there; every other flag as it was")
    .option("--svg <file>", "where the curve goes; absent: finetune.svg, or nowhere with --json");
  withRunOptions(withLoraOptions(command))
    .addHelpText(
      "after",
      examples(
        "ropewalk finetune stories260K --data stories.txt --recipe entropy-abf \\\n      --length 2048 --learning-rate 1e-3 --output longer",
        "ropewalk finetune ./llama-q4 --data chats.jsonl --lora-rank 8 \\\n      --length 4096 --output ./adapter",
        "ropewalk finetune ./llama --data chats.jsonl --method yarn --factor 4 \\\n      --length 8192 --longer cut --output ./longer",
      ),
    )
    .action(finetune);
};
